import type { MaskedImage } from "@almagest/images";
import { bitsOf, CLIPPED, EDGE, INEXACT_PSF, NO_DATA, REJECTED, SENSOR_EDGE } from "../mask-bits.ts";

/** One visit in the final mean. */
export interface WeightedWarp {
  readonly warp: MaskedImage;
  readonly weight: number;
  /** 1 where an artifact was found. */
  readonly artifacts: Uint8Array;
}

/** Planes of inputs that say nothing of the coadd. */
const NOT_INHERITED = ["DETECTED", "DETECTED_NEGATIVE", "NOT_DEBLENDED", "EDGE", "NO_DATA"];

/** The planes of the coadd that are filled, of one size. */
export interface CoaddPlanes {
  readonly image: Float32Array;
  readonly variance: Float32Array;
  readonly mask: Uint32Array;
  /** How many visits count in each pixel. */
  readonly count: Float32Array;
}

/** One pixel's sums over the visits, filled by `sumPixel`. */
interface PixelSums {
  value: number;
  variance: number;
  weight: number;
  count: number;
  bits: number;
}

function sumPixel(
  warps: readonly WeightedWarp[],
  at: number,
  refused: number,
  spareArtifacts: boolean,
  sums: PixelSums,
): void {
  sums.value = sums.variance = sums.weight = sums.count = sums.bits = 0;
  for (const { warp, weight, artifacts } of warps) {
    const bits = warp.mask.data[at]!;
    if ((bits & refused) !== 0 || (spareArtifacts && artifacts[at] === 1)) continue;
    const value = warp.image.data[at]!;
    const variance = warp.variance.data[at]!;
    if (!Number.isFinite(value) || !Number.isFinite(variance)) continue;
    sums.value += weight * value;
    sums.variance += weight * weight * variance;
    sums.weight += weight;
    sums.count++;
    sums.bits |= bits;
  }
}

/** What the visits that were left out, or end here, mean for a pixel of the coadd. */
function lossBits(warps: readonly WeightedWarp[], at: number, bad: number): number {
  let bits = 0;
  for (const { warp, artifacts } of warps) {
    const own = warp.mask.data[at]!;
    if ((own & NO_DATA) !== 0) continue;
    if ((own & bad) !== 0) bits |= REJECTED | INEXACT_PSF;
    else if (artifacts[at] === 1) bits |= CLIPPED | INEXACT_PSF;
    if ((own & EDGE) !== 0) bits |= SENSOR_EDGE;
  }
  return bits;
}

/**
 * Weighted mean of the visits at every pixel, one weight per visit: image Σwv/Σw, variance Σw²V/(Σw)² (weights do not
 * depend on a pixel's own light, so bright stars are not biased). Visits with a plane of `badPlanes` or an artifact are
 * left out (REJECTED, CLIPPED). Where none is left, what was interpolated over stands in, with its own mask bits and a
 * count of 0; where no visit has data the pixel is NaN and NO_DATA.
 */
export function combineWarps(
  warps: readonly WeightedWarp[],
  badPlanes: readonly string[],
  out: CoaddPlanes,
): void {
  const planes = warps[0]!.warp.mask.planes;
  const bad = bitsOf(badPlanes, planes) | NO_DATA;
  const inherited = ~bitsOf(NOT_INHERITED, planes);
  const sums: PixelSums = { value: 0, variance: 0, weight: 0, count: 0, bits: 0 };
  for (let at = 0; at < out.image.length; at++) {
    sumPixel(warps, at, bad, true, sums);
    out.count[at] = sums.count;
    if (sums.count === 0) sumPixel(warps, at, NO_DATA, false, sums);
    if (sums.count === 0) {
      out.image[at] = out.variance[at] = Number.NaN;
      out.mask[at] = NO_DATA;
      continue;
    }
    out.image[at] = sums.value / sums.weight;
    out.variance[at] = sums.variance / (sums.weight * sums.weight);
    out.mask[at] = (sums.bits & inherited) | lossBits(warps, at, bad);
  }
}
