import { lanczos } from "@almagest/kernels";
import type { PsfStamp } from "../psf.ts";
import type { LocalAffine } from "./local-affine.ts";

const ORDER = 3;

/** Fills the six normalised Lanczos-3 weights about floor(at), and returns the first pixel they belong to. */
function fillWeights(at: number, weights: Float64Array): number {
  const floor = Math.floor(at);
  let sum = 0;
  for (let k = 0; k < 2 * ORDER; k++) sum += weights[k] = lanczos(k - ORDER + 1 - (at - floor), ORDER);
  for (let k = 0; k < 2 * ORDER; k++) weights[k]! /= sum;
  return floor - ORDER + 1;
}

/** Adds `weight` × the stamp, seen through a linear mapping of pixels, to `out` of side `size`; both are centred. */
export function addWarpedStamp(
  stamp: PsfStamp,
  map: LocalAffine,
  weight: number,
  out: Float64Array,
  size: number,
): void {
  const half = size >> 1;
  const middle = stamp.size >> 1;
  const drawn = new Float64Array(size * size);
  const wx = new Float64Array(2 * ORDER);
  const wy = new Float64Array(2 * ORDER);
  let total = 0;
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const x0 = fillWeights(middle + map.xx * (i - half) + map.xy * (j - half), wx);
      const y0 = fillWeights(middle + map.yx * (i - half) + map.yy * (j - half), wy);
      let sum = 0;
      for (let b = Math.max(0, -y0); b < 2 * ORDER && y0 + b < stamp.size; b++) {
        let row = 0;
        for (let a = Math.max(0, -x0); a < 2 * ORDER && x0 + a < stamp.size; a++) {
          row += wx[a]! * stamp.data[(y0 + b) * stamp.size + x0 + a]!;
        }
        sum += wy[b]! * row;
      }
      drawn[j * size + i] = sum;
      total += sum;
    }
  }
  if (!(total > 0)) return;
  for (let p = 0; p < drawn.length; p++) out[p]! += (weight * drawn[p]!) / total;
}
