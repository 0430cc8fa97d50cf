import type { MaskedImage } from "@almagest/images";
import { bitsOf, CLIPPED, EDGE, INEXACT_PSF, NO_DATA, REJECTED, SENSOR_EDGE } from "../mask-bits.ts";
import { ARTIFACT } from "./connected-pixels.ts";

/** One visit in the final mean. */
export interface WeightedWarp {
  readonly warp: MaskedImage;
  readonly weight: number;
  /** ARTIFACT where one was found. */
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

/** Sums over the visits, per pixel. */
interface Sums {
  readonly value: Float64Array;
  readonly variance: Float64Array;
  readonly weight: Float64Array;
}

/** Adds one visit's good pixels to the sums, and what its other pixels mean for the coadd's mask. */
function addWarp(
  { warp, weight, artifacts }: WeightedWarp,
  bad: number,
  inherited: number,
  sums: Sums,
  out: CoaddPlanes,
): void {
  const { value, variance, weight: weights } = sums;
  const image = warp.image.data;
  const noise = warp.variance.data;
  const mask = warp.mask.data;
  const squared = weight * weight;
  for (let at = 0; at < image.length; at++) {
    const bits = mask[at]!;
    const clipped = artifacts[at] === ARTIFACT;
    if ((bits & bad) === 0 && !clipped) {
      const v = image[at]!;
      const s = noise[at]!;
      // NaN minus itself is not 0.
      if (v - v !== 0 || s - s !== 0) continue;
      value[at] = value[at]! + weight * v;
      variance[at] = variance[at]! + squared * s;
      weights[at] = weights[at]! + weight;
      out.count[at] = out.count[at]! + 1;
      if (bits !== 0)
        out.mask[at] = out.mask[at]! | (bits & inherited) | ((bits & EDGE) !== 0 ? SENSOR_EDGE : 0);
    } else if ((bits & NO_DATA) === 0) {
      out.mask[at] = out.mask[at]! | INEXACT_PSF | ((bits & bad) !== 0 ? REJECTED : CLIPPED);
    }
  }
}

/** Lets interpolated (or clipped) values stand in at a pixel where no visit has a good one. */
function standIn(
  warps: readonly WeightedWarp[],
  at: number,
  inherited: number,
  sums: Sums,
  out: CoaddPlanes,
): void {
  for (const { warp, weight } of warps) {
    const bits = warp.mask.data[at]!;
    const value = warp.image.data[at]!;
    const variance = warp.variance.data[at]!;
    if ((bits & NO_DATA) !== 0 || !Number.isFinite(value) || !Number.isFinite(variance)) continue;
    sums.value[at] = sums.value[at]! + weight * value;
    sums.variance[at] = sums.variance[at]! + weight * weight * variance;
    sums.weight[at] = sums.weight[at]! + weight;
    out.mask[at] = out.mask[at]! | (bits & inherited);
  }
}

/**
 * Weighted mean of the visits at every pixel, one weight per visit: image Σwv/Σw, variance Σw²V/(Σw)² (weights do not
 * depend on a pixel's own light, so bright stars are not biased). Visits with a plane of `badPlanes` or an artifact are
 * left out (REJECTED, CLIPPED). Where none is left, what was interpolated over stands in, with its own mask bits and a
 * count of 0; where no visit has data the pixel is NaN and NO_DATA. The planes of `out` must be zero.
 */
export function combineWarps(
  warps: readonly WeightedWarp[],
  badPlanes: readonly string[],
  out: CoaddPlanes,
): void {
  const planes = warps[0]!.warp.mask.planes;
  const bad = bitsOf(badPlanes, planes) | NO_DATA;
  const inherited = ~bitsOf(NOT_INHERITED, planes);
  const size = out.image.length;
  const sums: Sums = {
    value: new Float64Array(size),
    variance: new Float64Array(size),
    weight: new Float64Array(size),
  };
  for (const warp of warps) addWarp(warp, bad, inherited, sums, out);
  for (let at = 0; at < size; at++) {
    if (sums.weight[at] === 0) standIn(warps, at, inherited, sums, out);
    const weight = sums.weight[at]!;
    if (weight === 0) {
      out.image[at] = out.variance[at] = Number.NaN;
      out.mask[at] = NO_DATA;
    } else {
      out.image[at] = sums.value[at]! / weight;
      out.variance[at] = sums.variance[at]! / (weight * weight);
    }
  }
}
