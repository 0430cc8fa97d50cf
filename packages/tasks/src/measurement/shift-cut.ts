import type { PsfStamp } from "@almagest/images";
import { lanczos } from "@almagest/kernels";

/** Lanczos order; eleven taps each way. */
const TAPS = 5;
const wx = new Float64Array(2 * TAPS + 1);
const wy = new Float64Array(2 * TAPS + 1);
let padded = new Float64Array(0);
let across = new Float64Array(0);

function fillWeights(shift: number, out: Float64Array): void {
  let sum = 0;
  for (let k = -TAPS; k <= TAPS; k++) sum += out[k + TAPS] = lanczos(k + shift, TAPS);
  for (let k = 0; k < out.length; k++) out[k]! /= sum;
}

/** out[i] = Σ_t weights[t] · source[start + i + t·step], i < n: the eleven taps in registers. */
function combine(
  source: Float64Array,
  start: number,
  step: number,
  n: number,
  w: Float64Array,
  out: Float64Array | Float32Array,
  to: number,
): void {
  const w0 = w[0]!;
  const w1 = w[1]!;
  const w2 = w[2]!;
  const w3 = w[3]!;
  const w4 = w[4]!;
  const w5 = w[5]!;
  const w6 = w[6]!;
  const w7 = w[7]!;
  const w8 = w[8]!;
  const w9 = w[9]!;
  const w10 = w[10]!;
  for (let i = 0; i < n; i++) {
    let p = start + i;
    let sum = w0 * source[p]!;
    sum += w1 * source[(p += step)]!;
    sum += w2 * source[(p += step)]!;
    sum += w3 * source[(p += step)]!;
    sum += w4 * source[(p += step)]!;
    sum += w5 * source[(p += step)]!;
    sum += w6 * source[(p += step)]!;
    sum += w7 * source[(p += step)]!;
    sum += w8 * source[(p += step)]!;
    sum += w9 * source[(p += step)]!;
    sum += w10 * source[(p += step)]!;
    out[to + i] = sum;
  }
}

/**
 * A square stamp cut to `half` pixels about its middle and moved by (dx, dy), zeros outside, with a Lanczos-5 kernel; written
 * into `into` where that is given.
 */
export function shiftCut(
  stamp: PsfStamp,
  half: number,
  dx: number,
  dy: number,
  into?: Float32Array,
): PsfStamp {
  const size = 2 * half + 1;
  const wide = size + 2 * TAPS;
  const middle = stamp.size >> 1;
  fillWeights(dx, wx);
  fillWeights(dy, wy);
  if (padded.length < wide * wide) {
    padded = new Float64Array(wide * wide);
    across = new Float64Array(wide * wide);
  }
  // The stamp's pixels within `half` + taps of the middle, zeros where it has none.
  const offset = middle - half - TAPS;
  const first = Math.max(0, -offset);
  const last = Math.min(wide, stamp.size - offset);
  padded.fill(0, 0, wide * wide);
  for (let y = first; y < last; y++) {
    const from = (y + offset) * stamp.size + offset;
    const to = y * wide;
    for (let x = first; x < last; x++) padded[to + x] = stamp.data[from + x]!;
  }
  across.fill(0, 0, wide * size);
  for (let y = first; y < last; y++) combine(padded, y * wide, 1, size, wx, across, y * size);
  const out = into ?? new Float32Array(size * size);
  combine(across, 0, size, size * size, wy, out, 0);
  return { size, data: out };
}
