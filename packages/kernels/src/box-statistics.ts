import { checkBoxSize, checkPlane } from "./check-plane.ts";
import { boxStatisticsStrips } from "./strips/box-strips.ts";

/** How pixels of a box are clipped. */
export interface BoxClip {
  /** Pixels further than this many standard deviations from the mean are left out; 3 if not given. */
  readonly clipSigma?: number;
  /** At most so many rounds of clipping; 5 if not given. */
  readonly iterations?: number;
}

/** Clipped statistics per box, row-major `nx × ny`; NaN where a box has no usable pixel. */
export interface BoxStatistics {
  readonly nx: number;
  readonly ny: number;
  readonly boxSize: number;
  readonly mean: Float32Array;
  readonly median: Float32Array;
  /** Standard deviation of the pixels that survive the clipping. */
  readonly sigma: Float32Array;
  /** How many pixels survive. */
  readonly count: Int32Array;
}

/**
 * Sigma-clipped mean, median and standard deviation of each `boxSize`² box of a plane, leaving out pixels with any of
 * `maskBits` and those that are not finite. The last column and row of boxes may be partial. Clipping starts from the
 * median and quartiles of up to 256 pixels of the box. Throws `KERNELS.SIZE_MISMATCH`,
 * `KERNELS.BOX_SIZE`.
 */
export function boxStatistics(
  data: Float32Array,
  mask: Uint32Array | undefined,
  maskBits: number,
  width: number,
  height: number,
  boxSize: number,
  clip: BoxClip = {},
): BoxStatistics {
  checkBoxSize(boxSize);
  checkPlane("data", data, width, height);
  if (mask) checkPlane("mask", mask, width, height);
  return boxStatisticsStrips(data, mask, maskBits, width, height, boxSize, clip);
}
