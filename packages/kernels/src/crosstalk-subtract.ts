import { checkPlane } from "./check-plane.ts";
import { crosstalkSubtractChunks } from "./strips/crosstalk-chunks.ts";

/**
 * Removes crosstalk between amplifiers read out together, in place: segment i loses Σ_j coefficients[i][j] × segment j,
 * with all segments as they were before (first order). Segments are level-subtracted, of one size, in read-out order.
 * Throws `KERNELS.SIZE_MISMATCH`.
 */
export function crosstalkSubtract(
  segments: readonly Float32Array[],
  coefficients: readonly (readonly number[])[],
): void {
  for (const segment of segments) checkPlane("segment", segment, segments[0]!.length, 1);
  crosstalkSubtractChunks(segments, coefficients);
}
