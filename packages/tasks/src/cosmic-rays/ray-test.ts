import type { MaskedImage } from "@almagest/images";
import type { CoarseBackground } from "./coarse-background.ts";
import type { CosmicRayConfig } from "./cosmic-ray-config.ts";

/**
 * Says whether the pixel at an index is sharper than a star, standing out by `threshold` standard deviations, granting
 * `grant` standard deviations of noise to the star; if so, the value its smoothest direction suggests instead.
 */
export type RayTest = (at: number, threshold: number, grant: number) => number | undefined;

/** Error function (Abramowitz & Stegun 7.1.26, |ε| < 1.5e-7). */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const poly =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - poly * Math.exp(-x * x));
}

/** Neighbour's value over the peak's for a star on a pixel's centre: the sharpest a star can look. */
function starRatio(sigma: number): number {
  const scale = 1 / (Math.SQRT2 * sigma);
  return (erf(1.5 * scale) - erf(0.5 * scale)) / (2 * erf(0.5 * scale));
}

/** Prepares the test for one image whose stars have Gaussian width `sigma` pixels. */
export function createRayTest(
  image: MaskedImage,
  background: CoarseBackground,
  unusable: number,
  sigma: number,
  config: CosmicRayConfig,
): RayTest {
  const { width } = image.bbox;
  const data = image.image.data;
  const variance = image.variance.data;
  const mask = image.mask.data;
  const ratio = starRatio(sigma);
  const straight = config.sharpnessFactor * ratio;
  const diagonal = config.sharpnessFactor * ratio * ratio;
  const directions = [
    { step: 1, limit: straight },
    { step: width, limit: straight },
    { step: width + 1, limit: diagonal },
    { step: width - 1, limit: diagonal },
  ];
  return (at, threshold, grant) => {
    const value = data[at]!;
    const noise = Math.sqrt(variance[at]!);
    const x = at % width;
    const level = background.at(x, (at - x) / width);
    let standsOut = false;
    let sharp = false;
    let suggestion = value;
    for (const { step, limit } of directions) {
      const a = at - step;
      const b = at + step;
      if (((mask[a]! | mask[b]!) & unusable) !== 0) continue;
      const mean = (data[a]! + data[b]!) / 2;
      if (mean < suggestion) suggestion = mean;
      if (value - mean > threshold * noise) standsOut = true;
      const meanNoise = grant === 0 ? 0 : Math.sqrt(variance[a]! + variance[b]!) / 2;
      if (limit * (value - level - grant * noise) > mean - level + grant * meanNoise) sharp = true;
    }
    return standsOut && sharp ? suggestion : undefined;
  };
}

/** All pixels that pass the seed's limits, in order; a cheap test in four directions goes first. */
export function findSeeds(
  image: MaskedImage,
  background: CoarseBackground,
  unusable: number,
  test: RayTest,
  config: CosmicRayConfig,
): { at: number; value: number }[] {
  const { width, height } = image.bbox;
  const data = image.image.data;
  const variance = image.variance.data;
  const mask = image.mask.data;
  const limit = config.seedSigma * config.seedSigma;
  const seeds: { at: number; value: number }[] = [];
  // Neighbours of a seed's mean may lie a little below the sky; half the seed's threshold leaves room for that.
  background.visitAbove(config.seedSigma / 2, (at, x, y) => {
    if (x < 1 || y < 1 || x > width - 2 || y > height - 2) return;
    const h = data[at - 1]! + data[at + 1]!;
    const v = data[at - width]! + data[at + width]!;
    const d = data[at - width - 1]! + data[at + width + 1]!;
    const e = data[at - width + 1]! + data[at + width - 1]!;
    const excess = data[at]! - Math.min(h, v, d, e) / 2;
    if (!(excess > 0) || excess * excess <= limit * variance[at]!) return;
    if ((mask[at]! & unusable) !== 0) return;
    const value = test(at, config.seedSigma, config.sharpnessNoise);
    if (value !== undefined) seeds.push({ at, value });
  });
  return seeds;
}
