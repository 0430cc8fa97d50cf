// The kernels' WebAssembly module, in AssemblyScript. All pointers are byte offsets that the caller lays out (see
// src/engine/arena.ts); nothing here allocates. Each function must equal its plain twin in src/oracle bit for bit.
export { collectBins, countBins, gatherBox, windowMoments } from "./box-statistics";
export { calibrateRow } from "./calibrate-row";
export { clearRows, convolveRows, maskRows, renormaliseRows } from "./convolve";
export { crosstalkChunk } from "./crosstalk";
export { convertRow, isrRow } from "./isr";
export { applyRuns } from "./mesh";
export { shiftCutStamp } from "./shift-cut";
export { findRuns } from "./spans";
export { stackChunk } from "./stack";
export { flagOdd, warpTile } from "./warp";

/** First byte the caller may use. */
export function heapBase(): usize {
  return __heap_base;
}
