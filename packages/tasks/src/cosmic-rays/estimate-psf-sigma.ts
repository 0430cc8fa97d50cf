import type { MaskedImage } from "@almagest/images";
import { medianOf } from "../median.ts";
import type { CoarseBackground } from "./coarse-background.ts";

/** Fewest round peaks that make an estimate. */
const FEWEST = 8;
/** Standard deviations by which a peak stands above the sky. */
const SNR = 30;
/** Second moment of a square pixel: what integrating over it adds to a star's width. */
const PIXEL_VARIANCE = 1 / 12;

/**
 * Width of the stars before they fall on pixels, in pixels, from the curvature of bright round peaks: for a Gaussian sampled at any sub-pixel
 * phase `1/σ² = ln(p²/(l·r))` with l, r the neighbours of the peak p. Cosmic rays are not round or have no neighbours
 * above the noise; galaxies are a tail of larger widths. Undefined when there are too few peaks.
 */
export function estimatePsfSigma(
  image: MaskedImage,
  background: CoarseBackground,
  bits: number,
): number | undefined {
  const { width, height } = image.bbox;
  const data = image.image.data;
  const variance = image.variance.data;
  const mask = image.mask.data;
  const sizes: number[] = [];
  background.visitAbove(SNR, (at, x, y) => {
    if (x < 2 || y < 2 || x > width - 3 || y > height - 3) return;
    const p = data[at]!;
    const left = data[at - 1]!;
    const right = data[at + 1]!;
    const down = data[at - width]!;
    const up = data[at + width]!;
    if (!(p > left && p >= right && p > down && p >= up)) return;
    const noise = Math.sqrt(variance[at]!);
    const level = background.at(x, y);
    if (!(p - level > SNR * noise)) return;
    const diagonal = Math.min(
      data[at - width - 1]!,
      data[at - width + 1]!,
      data[at + width - 1]!,
      data[at + width + 1]!,
    );
    if (!(Math.min(left, right, up, down) > level + 4 * noise) || !(diagonal > level)) return;
    let flags = mask[at]!;
    for (let d = -2; d <= 2; d++) flags |= mask[at + d]! | mask[at + d * width]!;
    if ((flags & bits) !== 0) return;
    const peak = 2 * Math.log(p - level);
    const alongX = peak - Math.log((left - level) * (right - level));
    const alongY = peak - Math.log((up - level) * (down - level));
    const ratio = alongX / alongY;
    if (ratio > 0.5 && ratio < 2) sizes.push(-0.5 * Math.log((alongX + alongY) / 2));
  });
  if (sizes.length < FEWEST) return undefined;
  return Math.sqrt(Math.max(0.09, Math.exp(2 * smallCluster(sizes)) - PIXEL_VARIANCE));
}

/** The mode, or the lower quartile where that is less: blurs and galaxies may outnumber the stars, and are wider. */
function smallCluster(sizes: readonly number[]): number {
  const quartile = Float64Array.from(sizes).sort()[sizes.length >> 2]!;
  return Math.min(halfSampleMode(sizes), quartile);
}

/** Half-sample mode (Robertson & Cryer 1974): the densest half of the densest half … of the values. */
function halfSampleMode(values: readonly number[]): number {
  let sorted = Float64Array.from(values).sort();
  while (sorted.length > 8) {
    const half = Math.ceil(sorted.length / 2);
    let best = 0;
    for (let i = 1; i + half <= sorted.length; i++) {
      if (sorted[i + half - 1]! - sorted[i]! < sorted[best + half - 1]! - sorted[best]!) best = i;
    }
    sorted = sorted.slice(best, best + half);
  }
  return medianOf(sorted);
}
