import { type Box, polynomialTerms, scaleToBox } from "@almagest/images";
import { shiftCut } from "../measurement/shift-cut.ts";
import { choleskyInPlace, choleskySolve } from "../measurement/solve-symmetric.ts";
import type { StarStamps } from "./star-stamps.ts";

/** A PSF on the image's pixels while it is fitted: a polynomial of position per pixel. */
export interface Model {
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

/** A model against its stars. */
export interface Comparison {
  readonly stars: number;
  readonly terms: Float64Array[];
  /** Residual over flux, on the model's pixels, star by star. */
  readonly residual: Float32Array;
  readonly weight: Float64Array;
  readonly chi2: Float64Array;
}

/** First model: the weighted mean of the stars, shifted to the pixel centre, flux 1. */
export function startModel(stamps: StarStamps, used: readonly number[], box: Box, order: number): Model {
  const { size } = stamps;
  const area = size * size;
  const count = ((order + 1) * (order + 2)) / 2;
  const basis = new Float32Array(count * area);
  const scratch = new Float64Array(used.length);
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
    let n = 0;
    for (const star of shifted) {
      const value = star[p]!;
      if (value - value === 0) scratch[n++] = value;
    }
    const sorted = scratch.subarray(0, n).sort();
    basis[p] = n === 0 ? Number.NaN : (sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2;
  }
  const model = { order, size, basis };
  for (let pass = 0; pass < 2; pass++) correct(model, compare(model, stamps, used, box, 100));
  return model;
}

/** Fits each star's flux with the model at its place and phase; what remains, shifted back to the model's pixels. */
export function compare(
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

/** Azimuthal mean of a stamp at each of its pixels, linear between whole radii. */
function radialProfile(stamp: Float32Array, size: number): Float64Array {
  const half = size >> 1;
  const bins = Math.ceil(half * Math.SQRT2) + 2;
  const sum = new Float64Array(bins);
  const share = new Float64Array(bins);
  const radiusOf = (p: number): number => Math.hypot((p % size) - half, Math.floor(p / size) - half);
  for (let p = 0; p < stamp.length; p++) {
    const r = radiusOf(p);
    const i = Math.floor(r);
    sum[i]! += (1 - (r - i)) * stamp[p]!;
    share[i]! += 1 - (r - i);
    sum[i + 1]! += (r - i) * stamp[p]!;
    share[i + 1]! += r - i;
  }
  return Float64Array.from({ length: stamp.length }, (_, p) => {
    const r = radiusOf(p);
    const i = Math.floor(r);
    const at = (k: number): number => (share[k]! > 0 ? sum[k]! / share[k]! : 0);
    return at(i) + (r - i) * (at(i + 1) - at(i));
  });
}

/** How far a pixel may stray from the round mean profile, and vary over the field, as shares of that profile. */
const ASYMMETRY = 1;
const VARIATION = 0.3;
/** Below this share of the peak the profile itself is noise. */
const PROFILE_FLOOR = 1e-4;

/**
 * Adds the weighted polynomial fit of the residuals to the model. Each pixel's terms have a prior as wide as asymmetry and
 * variation of real PSFs may be, so that faint stars shape the core and leave the wings to their mean.
 */
export function correct(model: Model, { stars, terms, residual, weight }: Comparison): void {
  const count = terms[0]!.length;
  const { size, basis } = model;
  const area = size * size;
  const normal = new Float64Array(count * count);
  const rhs = new Float64Array(count * area);
  for (let s = 0; s < stars; s++) {
    const t = terms[s]!;
    for (let a = 0; a < count; a++) {
      const w = weight[s]! * t[a]!;
      for (let b = 0; b <= a; b++) normal[a * count + b]! += w * t[b]!;
      for (let p = 0; p < area; p++) rhs[a * area + p]! += w * residual[s * area + p]!;
    }
  }
  const mean = basis.subarray(0, area);
  const profile = radialProfile(mean, size);
  const squares = mean.reduce((s, v) => s + v * v, 0);
  // The Gaussian with this Σφ² tells how much wider changes of size reach in the wings: δφ/φ ∝ r²/2σ².
  const variance = 1 / (4 * Math.PI * squares);
  const floor = PROFILE_FLOOR * profile[area >> 1]!;
  const factor = new Float64Array(count * count);
  const column = new Float64Array(count);
  for (let p = 0; p < area; p++) {
    const r2 = ((p % size) - (size >> 1)) ** 2 + (Math.floor(p / size) - (size >> 1)) ** 2;
    const height = Math.max(floor, profile[p]!);
    factor.set(normal);
    for (let a = 0; a < count; a++) {
      const width = height * (a === 0 ? ASYMMETRY : VARIATION * Math.max(1, r2 / (2 * variance)));
      // Weights are S/N²: a pixel's variance over flux² is Σφ² in these units.
      const strength = squares / (width * width);
      factor[a * count + a]! += strength;
      const expected = a === 0 ? profile[p]! : 0;
      column[a] = rhs[a * area + p]! + strength * (expected - basis[a * area + p]!);
    }
    choleskyInPlace(factor, count);
    choleskySolve(factor, count, column);
    for (let a = 0; a < count; a++) basis[a * area + p]! += column[a]!;
  }
}

/** Pixels beyond the stamp's inscribed circle hold little but noise. */
export function trimCorners(model: Model): void {
  const { size, basis } = model;
  const half = size >> 1;
  for (let k = 0; k < basis.length; k++) {
    const p = k % (size * size);
    const i = (p % size) - half;
    const j = Math.floor(p / size) - half;
    if (i * i + j * j > (half + 0.5) ** 2) basis[k] = 0;
  }
}
