import { checkPlane } from "./check-plane.ts";
import { labelSpans } from "./label-spans.ts";
import { findRunsStrips } from "./strips/find-runs-strips.ts";

/** What to threshold and how. */
export interface DetectSpansInput {
  readonly image: Float32Array;
  readonly width: number;
  readonly height: number;
  /** One value, or one per pixel; times √variance where `variance` is given. A pixel is in when value > threshold. */
  readonly threshold: number | Float32Array;
  readonly variance?: Float32Array;
  /** Pixels with any of `ignoreBits` are never in. */
  readonly mask?: Uint32Array;
  readonly ignoreBits?: number;
  /** `negative` looks for −value > threshold. */
  readonly polarity?: "positive" | "negative";
  /** Components of fewer pixels are dropped; 1 if not given. */
  readonly minPixels?: number;
}

/** Connected components as runs of pixels, in raster order. */
export interface SpanSet {
  /** Four numbers per span: y, first x, last x (inclusive), label. Array pixel coordinates. */
  readonly spans: Int32Array;
  readonly spanCount: number;
  /** Labels are 0 … labelCount − 1, in raster order of each component's first span. */
  readonly labelCount: number;
  /** Pixels per label. */
  readonly pixelCounts: Int32Array;
}

/** Thresholds a plane and groups what is above into 8-connected components. Throws `KERNELS.SIZE_MISMATCH`. */
export function detectSpans(input: DetectSpansInput): SpanSet {
  const { width, height } = input;
  checkPlane("image", input.image, width, height);
  if (input.variance) checkPlane("variance", input.variance, width, height);
  if (input.mask) checkPlane("mask", input.mask, width, height);
  if (typeof input.threshold !== "number") checkPlane("threshold", input.threshold, width, height);
  return labelSpans(findRunsStrips(input), input.minPixels ?? 1);
}
