import { AlmagestError } from "@almagest/base";
import { checkPlane } from "./check-plane.ts";
import { stackClippedChunks } from "./strips/stack-chunks.ts";

/** One input of a stack; all inputs have the same number of pixels. */
export interface StackInput {
  readonly image: Float32Array;
  readonly variance?: Float32Array;
  readonly mask?: Uint32Array;
  /** Weight of the whole image; 1 if not given. */
  readonly weight?: number;
}

/** How inputs are clipped and combined. */
export interface StackOptions {
  /** Pixels with any of these bits are left out. */
  readonly badBits: number;
  /** Values further than this many deviations from the centre are left out; 0 or less for no clipping. */
  readonly clipSigma: number;
  /** Rounds of clipping: the first about the median, the others about the mean of what is kept; 2 if not given. */
  readonly iterations?: number;
  /**
   * A value's deviation: the root of its own variance (`variance`, the default where all inputs have one), or the
   * spread of the values: 0.7413 × the quartile distance in the first round, then their standard deviation (`sample`).
   */
  readonly deviation?: "variance" | "sample";
  /** Added in quadrature to the deviation, as a fraction of the centre: keeps star cores whose seeing differs. */
  readonly tolerance?: number;
  /** Clip only where at least so many values are left; 3 if not given. */
  readonly minCount?: number;
  /** Weight each value also by 1/variance of its pixel. Not if not given: unbiased where variance includes the source. */
  readonly inverseVariance?: boolean;
  /** Output mask bits where a value was clipped, and where none was left. */
  readonly clippedBits?: number;
  readonly noDataBits?: number;
  /** Image and variance where no value is left; NaN if not given. */
  readonly fill?: number;
}

/** Where the result goes: planes of the inputs' size. */
export interface StackOutput {
  readonly image: Float32Array;
  readonly variance?: Float32Array;
  /** Number of values kept. */
  readonly count?: Uint16Array;
  /** OR of the masks of what was kept. */
  readonly mask?: Uint32Array;
}

/**
 * Weighted mean per pixel of up to 64 images, with clipping of outliers: image Σwv/Σw, variance Σw²σ²/(Σw)². All f32
 * in input order. Values not finite (or with a variance not positive and finite, where given) are left out. Throws
 * `KERNELS.SIZE_MISMATCH`, `KERNELS.TOO_MANY_INPUTS`.
 */
export function stackClipped(
  inputs: readonly StackInput[],
  output: StackOutput,
  options: StackOptions,
): void {
  const size = output.image.length;
  if (inputs.length > 64) {
    throw new AlmagestError(
      "KERNELS.TOO_MANY_INPUTS",
      `A stack takes 64 images at most, not ${inputs.length}.`,
      {
        fields: { inputs: inputs.length },
      },
    );
  }
  for (const input of inputs) {
    checkPlane("image", input.image, size, 1);
    if (input.variance) checkPlane("variance", input.variance, size, 1);
    if (input.mask) checkPlane("mask", input.mask, size, 1);
  }
  for (const plane of [output.variance, output.count, output.mask]) {
    if (plane) checkPlane("output", plane, size, 1);
  }
  stackClippedChunks(inputs, output, options);
}
