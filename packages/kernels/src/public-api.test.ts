import assert from "node:assert/strict";
import { test } from "node:test";
import * as kernels from "./index.ts";

test("the exported names are these", () => {
  assert.deepEqual(Object.keys(kernels).sort(), [
    "APERTURE_MASKED",
    "APERTURE_TRUNCATED",
    "KERNELS_ERRORS",
    "LANCZOS_PHASES",
    "ROW_NOT_FINITE",
    "addMesh",
    "alignPartialBoxes",
    "boxStatistics",
    "calibrateRows",
    "circleRectangleOverlap",
    "convolve",
    "convolveMasked",
    "convolveSeparable",
    "convolveSeparableCleared",
    "convolveSeparableMasked",
    "createComplexPlane",
    "crosstalkSubtract",
    "detectSpans",
    "evaluateMesh",
    "fft2d",
    "flipKernel",
    "isrFuse",
    "lanczos",
    "lanczos3Table",
    "medianOf",
    "quantile",
    "quantiles",
    "selectRank",
    "shiftCut",
    "sigmaClip",
    "stackClipped",
    "subtractMesh",
    "sumCircularApertures",
    "warpLanczos3",
  ]);
});
