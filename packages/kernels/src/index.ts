/**
 * @module Pixel kernels: convolution, clipped statistics, meshes, instrument signature removal, warping, stacking,
 * detection, apertures, Fourier transforms. Planes are typed arrays, row-major, shared or not.
 */
export { alignPartialBoxes } from "./align-partial-boxes.ts";
export {
  APERTURE_MASKED,
  APERTURE_TRUNCATED,
  type AperturePlanes,
  type ApertureSums,
  sumCircularApertures,
} from "./aperture-sums.ts";
export { type BoxClip, type BoxStatistics, boxStatistics } from "./box-statistics.ts";
export {
  type CalibratedPlanes,
  type CalibrationPlanes,
  calibrateRows,
  type ReadoutRows,
  ROW_NOT_FINITE,
} from "./calibrate-rows.ts";
export { circleRectangleOverlap } from "./circle-overlap.ts";
export {
  convolve,
  convolveMasked,
  convolveSeparable,
  convolveSeparableCleared,
  convolveSeparableMasked,
} from "./convolve.ts";
export { crosstalkSubtract } from "./crosstalk-subtract.ts";
export { type DetectSpansInput, detectSpans, type SpanSet } from "./detect-spans.ts";
export { KERNELS_ERRORS } from "./errors.ts";
export { type ComplexPlane, createComplexPlane, fft2d } from "./fft.ts";
export { flipKernel } from "./flip-kernel.ts";
export { type IsrAmplifierInput, type IsrDetectorPlanes, isrFuse } from "./isr-fuse.ts";
export { LANCZOS_PHASES, lanczos, lanczos3Table } from "./lanczos-table.ts";
export { addMesh, evaluateMesh, type Mesh, type MeshOptions, subtractMesh } from "./mesh.ts";
export { type ClippedMoments, medianOf, quantile, quantiles, selectRank, sigmaClip } from "./quantile.ts";
export { shiftCut } from "./shift-cut.ts";
export { type StackInput, type StackOptions, type StackOutput, stackClipped } from "./stack-clipped.ts";
export {
  type CoordinateGrid,
  type WarpOptions,
  type WarpPlanes,
  warpLanczos3,
} from "./warp-lanczos3.ts";
