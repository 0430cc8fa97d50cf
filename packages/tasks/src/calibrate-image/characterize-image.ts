import { AlmagestError, isAlmagestError } from "@almagest/base";
import {
  type BackgroundModel,
  createGaussianPsf,
  type MaskedImage,
  type Psf,
  subtractBackground,
} from "@almagest/images";
import { getNumbers, type Table } from "@almagest/tables";
import { estimateBackground } from "../background/estimate-background.ts";
import { detectSources, markFootprints } from "../detection/detect-sources.ts";
import type { Detections } from "../detection/detections.ts";
import { measureSources } from "../measurement/measure-sources.ts";
import { isFiniteImage } from "../measurement/work-planes.ts";
import { fitPsf, type PsfFit } from "../psf-model/fit-psf.ts";
import { selectPsfStars } from "../psf-model/select-psf-stars.ts";
import type { CalibrateImageConfig } from "./calibrate-image-config.ts";

/** What is learned of an image from itself: its sky, its PSF, its sources. */
export interface Characterization {
  /** All that was subtracted; add it to get the original pixels back. */
  readonly background: BackgroundModel;
  readonly psf: Psf;
  /** Undefined where no star was fit and a Gaussian stands in. */
  readonly psfFit: PsfFit | undefined;
  /** Rows of the sources that shaped the PSF model, as positions; for marking them in the table. */
  readonly psfStars: { readonly x: Float64Array; readonly y: Float64Array };
  readonly sources: Table;
  readonly noiseScale: number;
}

/** PSF width with which the first detection begins, pixels: seeing-limited images lie around it. */
const FIRST_SIGMA = 1.8;
/** Whether a PSF in the middle of the image is about as wide as the first guess, so that a search with it finds the same. */
const isNear = (psf: Psf, { bbox }: MaskedImage): boolean => {
  const sigma = psf.sigmaAt(bbox.x0 + (bbox.width >> 1), bbox.y0 + (bbox.height >> 1));
  return Math.abs(sigma / FIRST_SIGMA - 1) < 0.25;
};

/** What the choice of PSF stars needs to know of each source. */
const STAR_MEASUREMENT = { apertureRadii: [6], localBackground: false, fitBlends: false, kron: false };

/**
 * Subtracts the sky of an image (in place), fits its PSF in rounds of detect → measure → select stars → fit, then detects and
 * measures every source down to the threshold. Marks DETECTED in the mask. Throws `TASKS.PSF_NO_STARS` when the image shows
 * no star.
 */
export function characterizeImage(
  masked: MaskedImage,
  config: CalibrateImageConfig,
  seed: number,
): Characterization {
  const boxSize = config.backgroundBoxSize;
  let background: BackgroundModel = estimateBackground(masked, { boxSize, statistic: "mode" });
  subtractBackground(masked.image, background);
  const refineBackground = (statistic: "mode" | "mean"): void => {
    const step = estimateBackground(masked, { boxSize, statistic });
    subtractBackground(masked.image, step);
    background = { layers: [...background.layers, ...step.layers] };
  };
  const finite = isFiniteImage(masked);
  let fit: PsfFit | undefined;
  let found: Detections | undefined;
  let fallback: Psf | undefined;
  let stars = { x: new Float64Array(0), y: new Float64Array(0) };
  for (let pass = 0; pass < config.psfPasses; pass++) {
    const psf = fit?.psf ?? createGaussianPsf(FIRST_SIGMA);
    // The peaks that were found with the first guess stand where they are, if it was near.
    const detections =
      found !== undefined && isNear(psf, masked)
        ? found
        : detectSources(masked, psf, { thresholdSigma: config.psfDetectionSigma, noiseScale: 1 });
    found = detections;
    if (pass === 0) {
      markFootprints(masked.mask, detections.footprints);
      refineBackground("mean");
    }
    const bright = measureSources(masked, psf, detections, { ...STAR_MEASUREMENT, finite });
    const selected = selectPsfStars(bright);
    const x = getNumbers(bright, "x");
    const y = getNumbers(bright, "y");
    stars = {
      x: Float64Array.from(selected.rows, (row) => x[row]!),
      y: Float64Array.from(selected.rows, (row) => y[row]!),
    };
    try {
      fit = fitStars(masked, stars, selected.sigma, bright.rows, config, { seed, finite });
    } catch (error) {
      if (!config.psfFallback || !isAlmagestError(error) || error.code !== "TASKS.PSF_NO_STARS") throw error;
      fallback = fit?.psf ?? createGaussianPsf(narrowestSigma(bright));
      break;
    }
  }
  const psf = fallback ?? fit!.psf;
  const first = detectSources(masked, psf, { thresholdSigma: config.detectionSigma });
  markFootprints(masked.mask, first.footprints);
  refineBackground("mean");
  const detections = detectSources(masked, psf, { thresholdSigma: config.detectionSigma });
  markFootprints(masked.mask, detections.footprints);
  const sources = measureSources(masked, psf, detections, { finite });
  return { background, psf, psfFit: fit, psfStars: stars, sources, noiseScale: detections.noiseScale };
}

function fitStars(
  masked: MaskedImage,
  stars: { readonly x: Float64Array; readonly y: Float64Array },
  sigma: number,
  offered: number,
  config: CalibrateImageConfig,
  options: { readonly seed: number; readonly finite: boolean },
): PsfFit {
  if (stars.x.length === 0) {
    throw new AlmagestError(
      "TASKS.PSF_NO_STARS",
      `Of ${offered} bright sources none looks like a star; the PSF cannot be fitted.`,
      { fields: { sources: offered } },
    );
  }
  return fitPsf(masked, stars, sigma, { ...options, ...maximumOrder(stars.x.length, config.psfOrder) });
}

/** Narrower than any star that optics and air have formed, pixels. */
const LEAST_SIGMA = 0.6;

/** Width of the narrowest quarter of the unsaturated sources whose shape could be measured, pixels. */
function narrowestSigma(sources: Table): number {
  const [xx, yy, failed, saturated] = ["ixx", "iyy", "shape_flag", "pixelFlags_saturated"].map((name) =>
    getNumbers(sources, name),
  );
  const sigmas = Array.from(xx!, (value, i) => Math.sqrt((value + yy![i]!) / 2))
    .filter((sigma, i) => failed![i] === 0 && saturated![i] === 0 && sigma > LEAST_SIGMA)
    .sort((a, b) => a - b);
  return sigmas[sigmas.length >> 2] ?? FIRST_SIGMA;
}

/** Caps the order that the number of stars would allow. */
function maximumOrder(stars: number, limit: number): { order?: number } {
  const bearable = stars < 8 ? 0 : stars < 25 ? 1 : stars < 60 ? 2 : 3;
  return { order: Math.min(bearable, limit) };
}
