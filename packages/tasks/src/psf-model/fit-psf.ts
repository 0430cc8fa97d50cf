import { AlmagestError, returnBuffer } from "@almagest/base";
import { type Box, createPixelGridPsf, type MaskedImage, type PixelGridPsf } from "@almagest/images";
import { createWorkPlanes, readWorkPlanes } from "../measurement/work-planes.ts";
import { robustStatistics } from "../median.ts";
import { createAnalyticPsf } from "./analytic-psf.ts";
import { compare, correct, startModel, trimCorners } from "./grid-model.ts";
import { measurePsfResiduals, type PsfResiduals } from "./psf-residuals.ts";
import { cutStarStamps, type StarPositions, type StarStamps } from "./star-stamps.ts";

/** How a PSF is fitted. */
export interface PsfConfig {
  /** Side of the stamps, odd; from the stars' size (7 sigma each way) if not given. */
  readonly size?: number;
  /** Degree in position; from the number of stars, at most 3, if not given. */
  readonly order?: number;
  /** Rounds of correcting the model by its residuals. */
  readonly rounds: number;
  /** Stars whose χ² lies this many robust sigmas above the others' are left out. */
  readonly clipSigma: number;
  /** Share of the stars kept for judging the model. */
  readonly reserve: number;
  /** Chooses which stars are kept; same seed, same stars. */
  readonly seed: number;
  /** No star weighs more than one of this S/N. */
  readonly maximumSnr: number;
  /** Fewer stars than this give an analytic PSF instead of a pixel grid. */
  readonly minimumStars: number;
  readonly badPlanes: readonly string[];
  /** The caller knows that image and variance have no NaN and no infinity. */
  readonly finite: boolean;
}

/** The defaults. */
export const DEFAULT_PSF: PsfConfig = {
  rounds: 4,
  clipSigma: 5,
  reserve: 0.2,
  seed: 1,
  maximumSnr: 200,
  minimumStars: 5,
  badPlanes: ["BAD", "SAT", "CR", "NO_DATA", "EDGE"],
  finite: false,
};

/** A fitted PSF and how well it fits. Star numbers are indices of the positions given. */
export interface PsfFit {
  readonly psf: PixelGridPsf;
  readonly order: number;
  readonly used: Int32Array;
  readonly reserved: Int32Array;
  readonly rejected: Int32Array;
  /** Size and ellipticity residuals on the reserved stars (on the used ones when fewer than 3 are reserved). */
  readonly residuals: PsfResiduals;
  /** `pixel-grid`, or `analytic` when there were too few stars. */
  readonly method: "pixel-grid" | "analytic";
}

/** Degree of the position polynomial that the stars can carry, counted by weight: many faint ones beside a few bright are few. */
function chooseOrder(stamps: StarStamps, used: readonly number[], box: Box, maximumSnr: number): number {
  const { weight } = compare(startModel(stamps, used, box, 0), stamps, used, box, maximumSnr);
  let sum = 0;
  let squares = 0;
  for (const w of weight) {
    sum += w;
    squares += w * w;
  }
  const effective = (sum * sum) / squares;
  if (effective < 8) return 0;
  if (effective < 20) return 1;
  return effective < 80 ? 2 : 3;
}

/** 32-bit avalanche of a star's place, so that the reserve does not depend on the order of the list. */
function hashPlace(x: number, y: number, seed: number): number {
  let h = Math.imul(Math.round(x * 8), 0x9e3779b1) ^ Math.imul(Math.round(y * 8), 0x85ebca6b) ^ seed;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * Fits a PSF, a stamp on the image's own pixels whose every pixel is a polynomial of position, to stars on a
 * background-subtracted image. Stars are shifted to the pixel centre and averaged; then the model, shifted to each star's
 * phase, is compared with the untouched pixels and the residuals, shifted back, correct it (the effective-PSF iteration of
 * Anderson & King 2000, PASP 112, 1360), so that interpolation does not blur it. With fewer than `minimumStars` an elliptical
 * core with wings takes the stars' moments. Throws `TASKS.PSF_NO_STARS` when no star is usable.
 */
export function fitPsf(
  masked: MaskedImage,
  stars: StarPositions,
  sigma: number,
  config: Partial<PsfConfig> = {},
): PsfFit {
  const c = { ...DEFAULT_PSF, ...config };
  const size = c.size ?? 2 * Math.min(30, Math.max(9, Math.ceil(7 * sigma))) + 1;
  const planes = c.finite ? readWorkPlanes(masked) : createWorkPlanes(masked);
  const stamps = cutStarStamps(masked, planes, stars, size, sigma, c.badPlanes);
  if (!c.finite) returnBuffer(planes.image.buffer);
  if (stamps.count === 0) {
    throw new AlmagestError(
      "TASKS.PSF_NO_STARS",
      `None of ${stars.x.length} stars is usable for a PSF model; lower the S/N limit of the star selection or mask less.`,
      { fields: { stars: stars.x.length } },
    );
  }
  const reserved: number[] = [];
  let used: number[] = [];
  const keepAll = stamps.count < 2 * c.minimumStars;
  for (let s = 0; s < stamps.count; s++) {
    const share = hashPlace(stamps.x[s]!, stamps.y[s]!, c.seed) / 2 ** 32;
    (share < c.reserve && !keepAll ? reserved : used).push(s);
  }
  const numbers = (list: readonly number[]): Int32Array => Int32Array.from(list, (s) => stamps.index[s]!);
  if (used.length < c.minimumStars) {
    const psf = createAnalyticPsf(stamps, masked.bbox, sigma);
    return {
      psf,
      order: 0,
      used: numbers(used),
      reserved: numbers(reserved),
      rejected: new Int32Array(0),
      residuals: measurePsfResiduals(psf, stamps, used),
      method: "analytic",
    };
  }
  const rejected: number[] = [];
  const order = c.order ?? chooseOrder(stamps, used, masked.bbox, c.maximumSnr);
  let model = startModel(stamps, used, masked.bbox, order);
  for (let round = 0; round < c.rounds; round++) {
    const comparison = compare(model, stamps, used, masked.bbox, c.maximumSnr);
    const clipped = clip(comparison.chi2, c.clipSigma);
    const kept = used.filter((_, i) => !clipped[i]);
    if (kept.length < used.length && kept.length >= c.minimumStars) {
      used.forEach((s, i) => {
        if (clipped[i]) rejected.push(s);
      });
      used = kept;
      model = startModel(stamps, used, masked.bbox, order);
      continue;
    }
    correct(model, comparison);
  }
  trimCorners(model);
  const psf = createPixelGridPsf({ bbox: masked.bbox, order: model.order, size, basis: model.basis });
  return {
    psf,
    order: model.order,
    used: numbers(used),
    reserved: numbers(reserved),
    rejected: numbers(rejected).sort(),
    residuals: measurePsfResiduals(psf, stamps, reserved.length >= 3 ? reserved : used),
    method: "pixel-grid",
  };
}

function clip(chi2: Float64Array, sigmas: number): Uint8Array {
  const logs = chi2.map((v) => Math.log(v));
  const { median, sigma } = robustStatistics(logs);
  return Uint8Array.from(logs, (v) => (v > median + sigmas * Math.max(sigma, 0.05) ? 1 : 0));
}
