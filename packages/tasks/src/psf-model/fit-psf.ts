import { AlmagestError } from "@almagest/base";
import {
  type Box,
  createPixelGridPsf,
  type MaskedImage,
  type PixelGridPsf,
  polynomialTerms,
  scaleToBox,
} from "@almagest/images";
import { giveBack } from "../detection/scratch-planes.ts";
import { shiftCut } from "../measurement/shift-cut.ts";
import { choleskyInPlace, choleskySolve } from "../measurement/solve-symmetric.ts";
import { createWorkPlanes } from "../measurement/work-planes.ts";
import { medianOf, robustStatistics } from "../median.ts";
import { createAnalyticPsf } from "./analytic-psf.ts";
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
  const planes = createWorkPlanes(masked);
  const stamps = cutStarStamps(masked, planes, stars, size, sigma, c.badPlanes);
  giveBack(planes.image);
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

interface Model {
  readonly order: number;
  readonly size: number;
  /** One stamp per polynomial term. */
  readonly basis: Float32Array;
}

const termsAt = (order: number, box: Box, x: number, y: number): Float64Array =>
  polynomialTerms(order, scaleToBox(box.x0, box.width, x), scaleToBox(box.y0, box.height, y));

/** Model stamp at a star, before its sub-pixel shift. */
function evaluate(model: Model, terms: Float64Array): Float32Array {
  const area = model.size * model.size;
  const out = new Float32Array(area);
  for (let t = 0; t < terms.length; t++) {
    const w = terms[t]!;
    for (let p = 0; p < area; p++) out[p]! += w * model.basis[t * area + p]!;
  }
  return out;
}

interface Comparison {
  readonly stars: number;
  readonly terms: Float64Array[];
  /** Residual over flux, on the model's pixels, star by star. */
  readonly residual: Float32Array;
  readonly weight: Float64Array;
  readonly chi2: Float64Array;
}

/** First model: the weighted mean of the stars, shifted to the pixel centre, flux 1. */
function startModel(stamps: StarStamps, used: readonly number[], box: Box, order: number): Model {
  const { size } = stamps;
  const area = size * size;
  const count = ((order + 1) * (order + 2)) / 2;
  const basis = new Float32Array(count * area);
  const scratch: number[] = new Array(used.length);
  const shifted = used.map((s) => {
    const data = stamps.data.subarray(s * area, (s + 1) * area);
    const out = shiftCut(
      { size, data },
      size >> 1,
      Math.round(stamps.x[s]!) - stamps.x[s]!,
      Math.round(stamps.y[s]!) - stamps.y[s]!,
    ).data;
    const sum = out.reduce((a, v) => a + v, 0);
    return out.map((v) => v / sum);
  });
  // The median over stars does not feel a neighbour or a cosmic ray.
  for (let p = 0; p < area; p++) {
    for (let s = 0; s < shifted.length; s++) scratch[s] = shifted[s]![p]!;
    basis[p] = medianOf(scratch);
  }
  const model = { order, size, basis };
  for (let pass = 0; pass < 2; pass++) correct(model, compare(model, stamps, used, box, 100));
  return model;
}

/** Fits each star's flux with the model at its place and phase; what remains, shifted back to the model's pixels. */
function compare(
  model: Model,
  stamps: StarStamps,
  used: readonly number[],
  box: Box,
  maximumSnr: number,
): Comparison {
  const { size } = stamps;
  const half = size >> 1;
  const area = size * size;
  const residual = new Float32Array(used.length * area);
  const weight = new Float64Array(used.length);
  const chi2 = new Float64Array(used.length);
  const terms: Float64Array[] = [];
  const rest = new Float32Array(area);
  used.forEach((s, i) => {
    const x = stamps.x[s]!;
    const y = stamps.y[s]!;
    const dx = x - Math.round(x);
    const dy = y - Math.round(y);
    const t = termsAt(model.order, box, x, y);
    terms.push(t);
    const { data: phi } = shiftCut({ size, data: evaluate(model, t) }, half, dx, dy);
    let phiData = 0;
    let phiPhi = 0;
    let noise = 0;
    const at = s * area;
    for (let p = 0; p < area; p++) {
      if (stamps.good[at + p] === 0) continue;
      phiData += phi[p]! * stamps.data[at + p]!;
      phiPhi += phi[p]! * phi[p]!;
      noise += phi[p]! * phi[p]! * stamps.variance[at + p]!;
    }
    const flux = phiData / phiPhi;
    const snr = Math.min(maximumSnr, flux / (Math.sqrt(noise) / phiPhi));
    weight[i] = flux > 0 ? snr * snr : 0;
    let chi = 0;
    let n = 0;
    for (let p = 0; p < area; p++) {
      const r = stamps.good[at + p] === 0 ? 0 : stamps.data[at + p]! - flux * phi[p]!;
      rest[p] = r / flux;
      if (stamps.good[at + p] === 0) continue;
      // One per cent of the peak as the model's own error keeps bright stars comparable with faint ones.
      chi += (r * r) / (stamps.variance[at + p]! + (0.01 * flux * phi[half * size + half]!) ** 2);
      n++;
    }
    chi2[i] = chi / n;
    residual.set(shiftCut({ size, data: rest }, half, -dx, -dy).data, i * area);
  });
  return { stars: used.length, terms, residual, weight, chi2 };
}

/** Adds the weighted polynomial fit of the residuals to the model. */
function correct(model: Model, { stars, terms, residual, weight }: Comparison): void {
  const count = terms[0]!.length;
  const area = model.size * model.size;
  const factor = new Float64Array(count * count);
  for (let s = 0; s < stars; s++) {
    const t = terms[s]!;
    for (let a = 0; a < count; a++) {
      for (let b = 0; b <= a; b++) factor[a * count + b]! += weight[s]! * t[a]! * t[b]!;
    }
  }
  choleskyInPlace(factor, count);
  const rhs = new Float64Array(count * area);
  for (let s = 0; s < stars; s++) {
    const t = terms[s]!;
    for (let a = 0; a < count; a++) {
      const w = weight[s]! * t[a]!;
      for (let p = 0; p < area; p++) rhs[a * area + p]! += w * residual[s * area + p]!;
    }
  }
  const column = new Float64Array(count);
  for (let p = 0; p < area; p++) {
    for (let a = 0; a < count; a++) column[a] = rhs[a * area + p]!;
    choleskySolve(factor, count, column);
    for (let a = 0; a < count; a++) model.basis[a * area + p]! += column[a]!;
  }
}

function clip(chi2: Float64Array, sigmas: number): Uint8Array {
  const logs = chi2.map((v) => Math.log(v));
  const { median, sigma } = robustStatistics(logs);
  return Uint8Array.from(logs, (v) => (v > median + sigmas * Math.max(sigma, 0.05) ? 1 : 0));
}

/** Pixels beyond the stamp's inscribed circle hold little but noise. */
function trimCorners(model: Model): void {
  const { size, basis } = model;
  const half = size >> 1;
  for (let k = 0; k < basis.length; k++) {
    const p = k % (size * size);
    const i = (p % size) - half;
    const j = Math.floor(p / size) - half;
    if (i * i + j * j > (half + 0.5) ** 2) basis[k] = 0;
  }
}
