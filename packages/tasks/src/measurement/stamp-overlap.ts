import type { WorkPlanes } from "./work-planes.ts";

/** A stamp laid on an image: its middle pixel is (x, y). */
export interface PlacedStamp {
  readonly size: number;
  readonly data: Float32Array;
  readonly x: number;
  readonly y: number;
}

/** Σ a·b over usable pixels (unmasked, and not exactly 0, which marks light taken away) where both stamps and the image exist. */
export function overlapStamps(planes: WorkPlanes, badBits: number, a: PlacedStamp, b: PlacedStamp): number {
  const ha = a.size >> 1;
  const hb = b.size >> 1;
  const x0 = Math.max(0, a.x - ha, b.x - hb);
  const x1 = Math.min(planes.width - 1, a.x + ha, b.x + hb);
  const y0 = Math.max(0, a.y - ha, b.y - hb);
  const y1 = Math.min(planes.height - 1, a.y + ha, b.y + hb);
  let sum = 0;
  for (let y = y0; y <= y1; y++) {
    const row = y * planes.width;
    const ra = (y - a.y + ha) * a.size - a.x + ha;
    const rb = (y - b.y + hb) * b.size - b.x + hb;
    for (let x = x0; x <= x1; x++) {
      if (planes.image[row + x]! !== 0 && (planes.mask[row + x]! & badBits) === 0) {
        sum += a.data[ra + x]! * b.data[rb + x]!;
      }
    }
  }
  return sum;
}

/** Σ a·image over usable pixels. */
export function projectStamp(planes: WorkPlanes, badBits: number, a: PlacedStamp): number {
  const half = a.size >> 1;
  const x0 = Math.max(0, a.x - half);
  const x1 = Math.min(planes.width - 1, a.x + half);
  const y0 = Math.max(0, a.y - half);
  const y1 = Math.min(planes.height - 1, a.y + half);
  let sum = 0;
  for (let y = y0; y <= y1; y++) {
    const row = y * planes.width;
    const line = (y - a.y + half) * a.size - a.x + half;
    for (let x = x0; x <= x1; x++) {
      if ((planes.mask[row + x]! & badBits) === 0) sum += a.data[line + x]! * planes.image[row + x]!;
    }
  }
  return sum;
}

/** Minus the slope of a stamp along x (`axis` 0) or y (1) by central differences: how it changes as its source moves. */
export function slopeStamp(stamp: PlacedStamp, axis: 0 | 1): PlacedStamp {
  const { size, data } = stamp;
  const out = new Float32Array(data.length);
  const step = axis === 0 ? 1 : size;
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const at = axis === 0 ? i : j;
      const k = j * size + i;
      const after = at < size - 1 ? data[k + step]! : 0;
      const before = at > 0 ? data[k - step]! : 0;
      out[k] = 0.5 * (before - after);
    }
  }
  return { ...stamp, data: out };
}
