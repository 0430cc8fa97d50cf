import { lanczos } from "@almagest/kernels";
import type { PsfStamp } from "../psf.ts";

const ORDER = 5;

/** Scales a stamp in place so that it sums to 1; stamps whose sum is not positive are left as they are. */
export function normaliseStamp(data: Float32Array): Float32Array {
  let sum = 0;
  for (const value of data) sum += value;
  if (sum > 0) for (let i = 0; i < data.length; i++) data[i]! /= sum;
  return data;
}

/** Lanczos weights, summing to 1, that read a line of pixels at `fraction` (−½ … ½) beyond a pixel. */
export function shiftWeights(fraction: number): Float64Array {
  const weights = new Float64Array(2 * ORDER + 1);
  let sum = 0;
  for (let k = -ORDER; k <= ORDER; k++) sum += weights[k + ORDER] = lanczos(k - fraction, ORDER);
  for (let k = 0; k < weights.length; k++) weights[k]! /= sum;
  return weights;
}

/** The stamp moved by (dx, dy) pixels (each −½ … ½) with a Lanczos-5 kernel, zero outside, normalised to sum 1. */
export function shiftStamp(stamp: PsfStamp, dx: number, dy: number): PsfStamp {
  const { size, data } = stamp;
  if (dx === 0 && dy === 0) return { size, data: data.slice() };
  const wx = shiftWeights(-dx);
  const wy = shiftWeights(-dy);
  const rows = new Float64Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      let sum = 0;
      const first = Math.max(-ORDER, -x);
      const last = Math.min(ORDER, size - 1 - x);
      for (let k = first; k <= last; k++) sum += wx[k + ORDER]! * data[y * size + x + k]!;
      rows[y * size + x] = sum;
    }
  }
  const out = new Float32Array(size * size);
  for (let y = 0; y < size; y++) {
    const first = Math.max(-ORDER, -y);
    const last = Math.min(ORDER, size - 1 - y);
    for (let x = 0; x < size; x++) {
      let sum = 0;
      for (let k = first; k <= last; k++) sum += wy[k + ORDER]! * rows[(y + k) * size + x]!;
      out[y * size + x] = sum;
    }
  }
  return { size, data: normaliseStamp(out) };
}
