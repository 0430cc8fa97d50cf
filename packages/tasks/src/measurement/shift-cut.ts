import type { PsfStamp } from "@almagest/images";
import { lanczos } from "@almagest/kernels";

const TAPS = 5;

function shiftWeights(fraction: number, out: Float64Array): void {
  let sum = 0;
  for (let k = -TAPS; k <= TAPS; k++) sum += out[k + TAPS] = lanczos(k + fraction, TAPS);
  for (let k = 0; k < out.length; k++) out[k]! /= sum;
}

/** A square stamp cut to `half` pixels about its middle and moved by (dx, dy), zeros outside, with a Lanczos-5 kernel. */
export function shiftCut(stamp: PsfStamp, half: number, dx: number, dy: number): PsfStamp {
  const size = 2 * half + 1;
  const middle = stamp.size >> 1;
  const wx = new Float64Array(2 * TAPS + 1);
  const wy = new Float64Array(2 * TAPS + 1);
  shiftWeights(dx, wx);
  shiftWeights(dy, wy);
  const top = Math.max(0, middle - half - TAPS);
  const bottom = Math.min(stamp.size - 1, middle + half + TAPS);
  const across = new Float64Array(size * (bottom - top + 1));
  for (let y = top; y <= bottom; y++) {
    const row = y * stamp.size;
    for (let x = 0; x < size; x++) {
      const at = middle - half + x;
      const first = Math.max(-TAPS, -at);
      const last = Math.min(TAPS, stamp.size - 1 - at);
      let sum = 0;
      for (let k = first; k <= last; k++) sum += wx[k + TAPS]! * stamp.data[row + at + k]!;
      across[(y - top) * size + x] = sum;
    }
  }
  const out = new Float32Array(size * size);
  for (let y = 0; y < size; y++) {
    const at = middle - half + y;
    const first = Math.max(-TAPS, top - at);
    const last = Math.min(TAPS, bottom - at);
    for (let x = 0; x < size; x++) {
      let sum = 0;
      for (let k = first; k <= last; k++) sum += wy[k + TAPS]! * across[(at + k - top) * size + x]!;
      out[y * size + x] = sum;
    }
  }
  return { size, data: out };
}
