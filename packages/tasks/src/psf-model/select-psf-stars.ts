import type { Table } from "@almagest/tables";
import { medianOf, robustStatistics } from "../median.ts";
import { readStarCandidates, type StarCandidates } from "./star-candidates.ts";

/** How PSF stars are chosen. */
export interface StarSelectionConfig {
  /** Lowest S/N of the PSF flux; halved, down to 10, while fewer than `wanted` stars are found. */
  readonly minimumSnr: number;
  readonly wanted: number;
  /** At most so many, the brightest. */
  readonly maximum: number;
  /** Half width of the size locus at least, as a share of the size. */
  readonly sizeTolerance: number;
  /** No other source with more than `neighbourShare` of the flux within this many PSF sigmas. */
  readonly isolationSigma: number;
  readonly neighbourShare: number;
}

/** The defaults. */
export const DEFAULT_STAR_SELECTION: StarSelectionConfig = {
  minimumSnr: 50,
  wanted: 60,
  maximum: 1000,
  sizeTolerance: 0.05,
  isolationSigma: 9,
  neighbourShare: 0.03,
};

/** Rows of the source table that were taken for stars, rising, and the size of the locus (Gaussian sigma, pixels). */
export interface PsfStarSelection {
  readonly rows: Int32Array;
  readonly sigma: number;
}

/**
 * Chooses PSF stars from measured sources by the tightest clump of sizes: the half-sample mode (Robertson & Cryer 1974) of
 * clean bright sources, then clipping about a plane size(x, y) and about the median ellipticity.
 */
export function selectPsfStars(sources: Table, config: Partial<StarSelectionConfig> = {}): PsfStarSelection {
  const c = { ...DEFAULT_STAR_SELECTION, ...config };
  const all = readStarCandidates(sources);
  let chosen: PsfStarSelection = { rows: new Int32Array(0), sigma: NaN };
  for (let snr = c.minimumSnr; snr >= 10 && chosen.rows.length < c.wanted; snr /= 2) {
    chosen = selectAbove(all, snr, c);
  }
  return chosen;
}

function selectAbove(all: StarCandidates, snr: number, c: StarSelectionConfig): PsfStarSelection {
  const bright: number[] = [];
  for (let k = 0; k < all.count; k++) if (all.clean[k] && all.snr[k]! >= snr) bright.push(k);
  if (bright.length === 0) return { rows: new Int32Array(0), sigma: NaN };
  const mode = halfSampleMode(Float64Array.from(bright, (k) => Math.log(all.sigma[k]!)).sort());
  let rows = bright.filter((k) => Math.abs(Math.log(all.sigma[k]!) - mode) < 0.2);
  for (let pass = 0; pass < 6; pass++) {
    const plane = fitPlane(all, rows);
    const offset = (k: number): number => Math.log(all.sigma[k]!) - plane(all.x[k]!, all.y[k]!);
    const { median, sigma } = robustStatistics(rows.map(offset));
    const shape1 = robustStatistics(rows.map((k) => all.e1[k]!));
    const shape2 = robustStatistics(rows.map((k) => all.e2[k]!));
    const width = Math.max(c.sizeTolerance, 2.5 * sigma);
    const round = (k: number): boolean =>
      Math.abs(all.e1[k]! - shape1.median) < Math.max(0.05, 4 * shape1.sigma) &&
      Math.abs(all.e2[k]! - shape2.median) < Math.max(0.05, 4 * shape2.sigma);
    const next = bright.filter((k) => Math.abs(offset(k) - median) < Math.min(width, 0.2) && round(k));
    const settled = next.length === rows.length && next.every((k, i) => k === rows[i]);
    rows = next;
    if (settled || rows.length === 0) break;
  }
  const sigma = medianOf(rows.map((k) => all.sigma[k]!));
  const isolated = rows.filter((k) => isIsolated(all, k, c.isolationSigma * sigma, c.neighbourShare));
  isolated.sort((a, b) => all.flux[b]! - all.flux[a]! || a - b);
  return { rows: Int32Array.from(isolated.slice(0, c.maximum)).sort(), sigma };
}

/** The densest value of sorted data: keep the shortest half again and again. */
function halfSampleMode(sorted: Float64Array): number {
  let from = 0;
  let n = sorted.length;
  while (n > 3) {
    const half = Math.ceil(n / 2);
    let best = from;
    for (let i = from; i + half <= from + n; i++) {
      if (sorted[i + half - 1]! - sorted[i]! < sorted[best + half - 1]! - sorted[best]!) best = i;
    }
    from = best;
    n = half;
  }
  return sorted[from + (n >> 1)]!;
}

/** log size = a + b x + c y by least squares; constant with fewer than 8 stars. */
function fitPlane(all: StarCandidates, rows: readonly number[]): (x: number, y: number) => number {
  const middle = medianOf(rows.map((k) => Math.log(all.sigma[k]!)));
  if (rows.length < 8) return () => middle;
  const n = rows.length;
  const mean = (value: (k: number) => number): number => rows.reduce((s, k) => s + value(k), 0) / n;
  const mx = mean((k) => all.x[k]!);
  const my = mean((k) => all.y[k]!);
  const ms = mean((k) => Math.log(all.sigma[k]!));
  const xx = mean((k) => (all.x[k]! - mx) ** 2);
  const yy = mean((k) => (all.y[k]! - my) ** 2);
  const xy = mean((k) => (all.x[k]! - mx) * (all.y[k]! - my));
  const xs = mean((k) => (all.x[k]! - mx) * (Math.log(all.sigma[k]!) - ms));
  const ys = mean((k) => (all.y[k]! - my) * (Math.log(all.sigma[k]!) - ms));
  const det = xx * yy - xy * xy;
  if (!(det > 1e-6 * xx * yy)) return () => middle;
  const b = (xs * yy - ys * xy) / det;
  const c = (ys * xx - xs * xy) / det;
  return (x, y) => ms + b * (x - mx) + c * (y - my);
}

function isIsolated(all: StarCandidates, k: number, distance: number, share: number): boolean {
  for (let m = 0; m < all.count; m++) {
    if (m === k || Math.abs(all.x[m]! - all.x[k]!) > distance || Math.abs(all.y[m]! - all.y[k]!) > distance)
      continue;
    if (Math.hypot(all.x[m]! - all.x[k]!, all.y[m]! - all.y[k]!) > distance) continue;
    if (all.flux[m]! > share * all.flux[k]!) return false;
  }
  return true;
}
