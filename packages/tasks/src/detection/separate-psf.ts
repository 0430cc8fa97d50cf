import type { PsfStamp } from "@almagest/images";

/** A separable smoothing kernel of odd length 2·half + 1, symmetric, each factor summing to 1. */
export interface SeparableKernel {
  readonly half: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Σ φ² of the outer product: turns smoothed values into PSF fluxes and gives the noise. */
  readonly squareSum: number;
}

/**
 * The separable kernel nearest to a PSF stamp: its leading singular pair by power iteration, made symmetric, cut where a
 * factor falls below `cut` of its middle. Against a round Moffat or an ellipse along the axes it loses under 1 % of the S/N.
 */
export function separatePsf(stamp: PsfStamp, cut = 0.01, maximumHalf = 12): SeparableKernel {
  const { size, data } = stamp;
  const middle = size >> 1;
  let u: Float64Array = new Float64Array(size);
  let v: Float64Array = new Float64Array(size);
  for (let i = 0; i < size; i++) v[i] = Math.max(0, data[middle * size + i]!);
  for (let pass = 0; pass < 30; pass++) {
    u = new Float64Array(size);
    for (let j = 0; j < size; j++) for (let i = 0; i < size; i++) u[j]! += data[j * size + i]! * v[i]!;
    const norm = Math.hypot(...u);
    for (let j = 0; j < size; j++) u[j]! /= norm;
    v = new Float64Array(size);
    for (let j = 0; j < size; j++) for (let i = 0; i < size; i++) v[i]! += data[j * size + i]! * u[j]!;
  }
  const trim = (w: Float64Array): { half: number; values: Float64Array } => {
    const at = (k: number): number => Math.max(0, 0.5 * (w[middle + k]! + w[middle - k]!));
    let half = 1;
    while (half < Math.min(middle, maximumHalf) && at(half + 1) > cut * at(0)) half++;
    return { half, values: Float64Array.from({ length: middle + 1 }, (_, k) => at(k)) };
  };
  const tx = trim(v);
  const ty = trim(u);
  const half = Math.max(tx.half, ty.half);
  const spread = (values: Float64Array): Float64Array => {
    const out = new Float64Array(2 * half + 1);
    let sum = 0;
    for (let k = -half; k <= half; k++) sum += out[k + half] = values[Math.abs(k)] ?? 0;
    return out.map((w) => w / sum);
  };
  const x = spread(tx.values);
  const y = spread(ty.values);
  const squares = (w: Float64Array): number => w.reduce((s, k) => s + k * k, 0);
  return { half, x, y, squareSum: squares(x) * squares(y) };
}
