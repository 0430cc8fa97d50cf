import { checkPlane } from "./check-plane.ts";
import { circleRectangleOverlap } from "./circle-overlap.ts";

/** Aperture flag: part of the aperture lies outside the image. */
export const APERTURE_TRUNCATED = 1;
/** Aperture flag: pixels of the aperture were left out because of their mask or because they are not finite. */
export const APERTURE_MASKED = 2;

/** The planes apertures are summed on. */
export interface AperturePlanes {
  readonly width: number;
  readonly height: number;
  readonly image: Float32Array;
  readonly variance?: Float32Array;
  readonly mask?: Uint32Array;
  /** Pixels with any of these bits are left out. */
  readonly maskBits?: number;
}

/** Sums per position and radius: element `position × radii.length + radius`. */
export interface ApertureSums {
  readonly sum: Float64Array;
  readonly variance: Float64Array;
  /** Pixels' area used; compare with πr² to see what is missing. */
  readonly area: Float64Array;
  /** `APERTURE_TRUNCATED`, `APERTURE_MASKED`. */
  readonly flags: Uint8Array;
}

/**
 * Sums of image and variance within circles, with the exact area of each pixel that the circle covers (f64). Positions
 * are array pixel coordinates, radii pixels. What is left out or outside adds nothing and is flagged. Positions that
 * are not finite give NaN.
 */
export function sumCircularApertures(
  planes: AperturePlanes,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  radii: readonly number[],
): ApertureSums {
  checkPlane("image", planes.image, planes.width, planes.height);
  if (planes.variance) checkPlane("variance", planes.variance, planes.width, planes.height);
  if (planes.mask) checkPlane("mask", planes.mask, planes.width, planes.height);
  const total = x.length * radii.length;
  const sums: ApertureSums = {
    sum: new Float64Array(total),
    variance: new Float64Array(total),
    area: new Float64Array(total),
    flags: new Uint8Array(total),
  };
  for (let i = 0; i < x.length; i++) {
    for (let k = 0; k < radii.length; k++) {
      sumOne(planes, x[i]!, y[i]!, radii[k]!, sums, i * radii.length + k);
    }
  }
  return sums;
}

/** Overlap of the pixel at offset (dx, dy) from the circle's centre. */
function pixelOverlap(dx: number, dy: number, r: number): number {
  const x = Math.abs(dx);
  const y = Math.abs(dy);
  if ((x + 0.5) * (x + 0.5) + (y + 0.5) * (y + 0.5) <= r * r) return 1;
  const nearX = Math.max(0, x - 0.5);
  const nearY = Math.max(0, y - 0.5);
  if (nearX * nearX + nearY * nearY >= r * r) return 0;
  return circleRectangleOverlap(dx - 0.5, dy - 0.5, dx + 0.5, dy + 0.5, r);
}

function sumOne(
  planes: AperturePlanes,
  cx: number,
  cy: number,
  r: number,
  out: ApertureSums,
  slot: number,
): void {
  const { width, height, image, variance, mask, maskBits = 0 } = planes;
  if (!Number.isFinite(cx) || !Number.isFinite(cy) || !(r >= 0)) {
    out.sum[slot] = out.variance[slot] = out.area[slot] = Number.NaN;
    return;
  }
  const x0 = Math.ceil(cx - r - 0.5);
  const x1 = Math.floor(cx + r + 0.5);
  const y0 = Math.ceil(cy - r - 0.5);
  const y1 = Math.floor(cy + r + 0.5);
  let sum = 0;
  let noise = 0;
  let area = 0;
  let flags =
    cx - r < -0.5 || cy - r < -0.5 || cx + r > width - 0.5 || cy + r > height - 0.5 ? APERTURE_TRUNCATED : 0;
  for (let py = Math.max(0, y0); py <= Math.min(height - 1, y1); py++) {
    for (let px = Math.max(0, x0); px <= Math.min(width - 1, x1); px++) {
      const share = pixelOverlap(px - cx, py - cy, r);
      if (share === 0) continue;
      const at = py * width + px;
      const value = image[at]!;
      const own = variance ? variance[at]! : 0;
      if (((mask ? mask[at]! : 0) & maskBits) !== 0 || !Number.isFinite(value) || !Number.isFinite(own)) {
        flags |= APERTURE_MASKED;
        continue;
      }
      sum += share * value;
      noise += share * own;
      area += share;
    }
  }
  out.sum[slot] = sum;
  out.variance[slot] = noise;
  out.area[slot] = area;
  out.flags[slot] = flags;
}
