import { LANCZOS_PHASES, lanczos3Table } from "@almagest/kernels";
import type { PsfStamp } from "../psf.ts";
import type { LocalAffine } from "./local-affine.ts";

const TAPS = 6;
const TABLE_STRIDE = 16;

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
  // Room for the whole kernel beyond every edge, so that no tap needs a test.
  const padded = stamp.size + 2 * TAPS;
  const source = new Float32Array(padded * padded);
  for (let y = 0; y < stamp.size; y++) {
    const row = stamp.data.subarray(y * stamp.size, (y + 1) * stamp.size);
    source.set(row, (y + TAPS) * padded + TAPS);
  }
  const table = lanczos3Table();
  const drawn = new Float64Array(size * size);
  let total = 0;
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const x = middle + TAPS + map.xx * (i - half) + map.xy * (j - half);
      const y = middle + TAPS + map.yx * (i - half) + map.yy * (j - half);
      const x0 = Math.floor(x) - 2;
      const y0 = Math.floor(y) - 2;
      if (!(x0 >= 0 && y0 >= 0 && x0 + TAPS <= padded && y0 + TAPS <= padded)) continue;
      const atX = Math.round((x - Math.floor(x)) * LANCZOS_PHASES) * TABLE_STRIDE;
      const atY = Math.round((y - Math.floor(y)) * LANCZOS_PHASES) * TABLE_STRIDE;
      let sum = 0;
      for (let b = 0; b < TAPS; b++) {
        const at = (y0 + b) * padded + x0;
        let row = 0;
        for (let a = 0; a < TAPS; a++) row += table[atX + a]! * source[at + a]!;
        sum += table[atY + b]! * row;
      }
      drawn[j * size + i] = sum;
      total += sum;
    }
  }
  if (!(total > 0)) return;
  for (let p = 0; p < drawn.length; p++) out[p]! += (weight * drawn[p]!) / total;
}
