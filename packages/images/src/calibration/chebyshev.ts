import type { Box } from "../box.ts";

/** Position within a box scaled so that the centres of its first and last pixels are −1 and +1 (0 if one pixel). */
export function scaleToBox(start: number, size: number, at: number): number {
  return size > 1 ? (2 * (at - start)) / (size - 1) - 1 : 0;
}

/** T₀ … T_order at t (recurrence T_{n+1} = 2t·T_n − T_{n−1}). */
export function chebyshevTerms(order: number, t: number): Float64Array {
  const terms = new Float64Array(order + 1);
  terms[0] = 1;
  if (order > 0) terms[1] = t;
  for (let n = 2; n <= order; n++) terms[n] = 2 * t * terms[n - 1]! - terms[n - 2]!;
  return terms;
}

/** A two-dimensional Chebyshev series, coefficients `[j][i]` of T_i(x′)·T_j(y′), at a pixel position. */
export function evaluateChebyshev(
  coefficients: readonly (readonly number[])[],
  bbox: Box,
  x: number,
  y: number,
): number {
  const columns = coefficients.reduce((most, row) => Math.max(most, row.length), 1);
  const tx = chebyshevTerms(columns - 1, scaleToBox(bbox.x0, bbox.width, x));
  const ty = chebyshevTerms(Math.max(0, coefficients.length - 1), scaleToBox(bbox.y0, bbox.height, y));
  let sum = 0;
  coefficients.forEach((row, j) => {
    row.forEach((value, i) => {
      sum += value * tx[i]! * ty[j]!;
    });
  });
  return sum;
}
