import { AlmagestError } from "@almagest/base";
import type { Box } from "../box.ts";
import { chebyshevTerms, scaleToBox } from "../calibration/chebyshev.ts";

/** Samples to fit: value at (x, y), parent pixel coordinates, with a weight (1/σ²; 0 leaves it out). */
export interface SurfaceSamples {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly value: ArrayLike<number>;
  readonly weight?: ArrayLike<number>;
}

/** Solves A·s = b for symmetric positive definite A (row-major, overwritten) by Cholesky; false if it is not. */
function solveCholesky(a: Float64Array, b: Float64Array): boolean {
  const n = b.length;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      if (i === j) {
        if (!(sum > 1e-12 * a[i * n + i]!)) return false;
        a[i * n + i] = Math.sqrt(sum);
      } else a[i * n + j] = sum / a[j * n + j]!;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) b[i]! -= a[i * n + k]! * b[k]!;
    b[i]! /= a[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) b[i]! -= a[k * n + i]! * b[k]!;
    b[i]! /= a[i * n + i]!;
  }
  return true;
}

/**
 * Weighted least-squares Chebyshev series of total degree `order` over a box, coefficients `[j][i]` (i + j ≤ order).
 * Where the samples do not determine it the order is lowered, down to the mean. Throws `IMAGES.FIT_EMPTY` without
 * usable samples.
 */
export function fitChebyshev(bbox: Box, order: number, samples: SurfaceSamples): number[][] {
  const terms = ((order + 1) * (order + 2)) / 2;
  const normal = new Float64Array(terms * terms);
  const right = new Float64Array(terms);
  let used = 0;
  for (let s = 0; s < samples.x.length; s++) {
    const weight = samples.weight ? samples.weight[s]! : 1;
    const value = samples.value[s]!;
    if (!(weight > 0) || !Number.isFinite(weight) || !Number.isFinite(value)) continue;
    used++;
    const tx = chebyshevTerms(order, scaleToBox(bbox.x0, bbox.width, samples.x[s]!));
    const ty = chebyshevTerms(order, scaleToBox(bbox.y0, bbox.height, samples.y[s]!));
    const row = new Float64Array(terms);
    for (let j = 0, k = 0; j <= order; j++) for (let i = 0; i + j <= order; i++) row[k++] = tx[i]! * ty[j]!;
    for (let a = 0; a < terms; a++) {
      right[a]! += weight * row[a]! * value;
      for (let b = 0; b <= a; b++) normal[a * terms + b]! += weight * row[a]! * row[b]!;
    }
  }
  if (used === 0) {
    throw new AlmagestError(
      "IMAGES.FIT_EMPTY",
      "There is no usable sample to fit a surface to; check the mask.",
    );
  }
  if (!solveCholesky(normal, right)) {
    return order > 0 ? fitChebyshev(bbox, order - 1, samples) : [[right[0]! / normal[0]!]];
  }
  const coefficients: number[][] = [];
  for (let j = 0, k = 0; j <= order; j++) {
    coefficients.push([...right.subarray(k, k + order - j + 1)]);
    k += order - j + 1;
  }
  return coefficients;
}
