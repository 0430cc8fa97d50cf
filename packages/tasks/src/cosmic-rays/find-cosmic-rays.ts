import type { MaskedImage } from "@almagest/images";
import { interpolatePixels } from "../isr/interpolate-pixels.ts";
import { BAD, CR, NO_DATA, SAT, UNMASKEDNAN } from "../mask-bits.ts";
import { measureCoarseBackground } from "./coarse-background.ts";
import type { CosmicRayConfig } from "./cosmic-ray-config.ts";
import { estimatePsfSigma } from "./estimate-psf-sigma.ts";
import { createRayTest, findSeeds } from "./ray-test.ts";

/** One cosmic ray: its pixels as indices into the planes, and the electrons it left. */
export interface CosmicRay {
  readonly pixels: readonly number[];
  readonly flux: number;
}

/** What was found. */
export interface CosmicRays {
  readonly rays: readonly CosmicRay[];
  /** Pixels of all rays together. */
  readonly pixels: number;
  /** Width of a star that the sharpness test used, pixels. */
  readonly psfSigmaPixels: number;
}

/** Taken for a star's width when the image has too few stars to tell: narrow, so that doubt favours the stars. */
const FALLBACK_SIGMA = 0.85;
/** Sides of the boxes of the background that peaks are measured above. */
const BACKGROUND_BOX = 128;
const UNUSABLE = BAD | SAT | NO_DATA | UNMASKEDNAN;

/** Gathers touching pixels (eight neighbours) into rays, in the order of their first pixels. */
function gatherRays(
  original: ReadonlyMap<number, number>,
  residual: Float32Array,
  width: number,
): CosmicRay[] {
  const seen = new Set<number>();
  const rays: CosmicRay[] = [];
  for (const first of [...original.keys()].sort((a, b) => a - b)) {
    if (seen.has(first)) continue;
    seen.add(first);
    const pixels = [first];
    let flux = 0;
    for (let i = 0; i < pixels.length; i++) {
      const at = pixels[i]!;
      flux += original.get(at)! - residual[at]!;
      for (let dy = -width; dy <= width; dy += width) {
        for (let dx = -1; dx <= 1; dx++) {
          const next = at + dy + dx;
          if (!original.has(next) || seen.has(next)) continue;
          seen.add(next);
          pixels.push(next);
        }
      }
    }
    rays.push({ pixels, flux });
  }
  return rays;
}

/**
 * Finds cosmic rays by their sharpness, after R. Lupton's method in the SDSS and LSST pipelines: a seed stands out from
 * the mean of opposite neighbours in one of four directions, more sharply than a star of the image's own width could;
 * touching pixels join under gentler limits once the seeds are replaced by what their neighbours suggest. Sets CR in
 * place, and INTRP with new values where `doInterpolate` is set. Masked pixels (BAD, SAT, NO_DATA) take no part. Image
 * and variance in electrons; `psfSigmaPixels` (argument, else configuration, else measured) is the Gaussian width.
 */
export function findCosmicRays(
  image: MaskedImage,
  config: CosmicRayConfig,
  psfSigmaPixels: number | undefined = config.psfSigmaPixels,
): CosmicRays {
  const { width, height } = image.bbox;
  const data = image.image.data;
  const mask = image.mask.data;
  const background = measureCoarseBackground(image, UNUSABLE, BACKGROUND_BOX);
  const sigma = psfSigmaPixels ?? estimatePsfSigma(image, background, UNUSABLE) ?? FALLBACK_SIGMA;
  const test = createRayTest(image, background, UNUSABLE, sigma, config);

  const original = new Map<number, number>();
  let front: number[] = [];
  const accept = (found: readonly { at: number; value: number }[]) => {
    front = [];
    for (const { at, value } of found) {
      original.set(at, data[at]!);
      data[at] = value;
      front.push(at);
    }
  };
  accept(findSeeds(image, background, UNUSABLE, test, config));
  for (let pass = 0; pass < config.growPasses && front.length > 0; pass++) {
    const ring = new Set<number>();
    for (const at of front) {
      for (let dy = -width; dy <= width; dy += width) {
        for (let dx = -1; dx <= 1; dx++) {
          const next = at + dy + dx;
          const x = next % width;
          if (original.has(next) || x < 1 || x > width - 2) continue;
          if (next >= width && next < (height - 1) * width) ring.add(next);
        }
      }
    }
    const found: { at: number; value: number }[] = [];
    for (const at of [...ring].sort((a, b) => a - b)) {
      if ((mask[at]! & UNUSABLE) !== 0) continue;
      const value = test(at, config.growSigma, 0);
      if (value !== undefined) found.push({ at, value });
    }
    accept(found);
  }

  const all = gatherRays(original, data, width);
  for (const [at, value] of original) data[at] = value;
  const rays = all.filter(({ flux }) => flux >= config.minimumElectrons);
  let pixels = 0;
  for (const ray of rays) {
    pixels += ray.pixels.length;
    for (const at of ray.pixels) mask[at] = mask[at]! | CR;
  }
  if (config.doInterpolate && pixels > 0) interpolatePixels(image, CR);
  return { rays, pixels, psfSigmaPixels: sigma };
}
