import {
  type ApertureCorrection,
  apertureCorrectionAt,
  type Box,
  chebyshevTerms,
  scaleToBox,
} from "@almagest/images";
import { type Column, getColumn, type Table } from "@almagest/tables";
import { robustStatistics } from "../median.ts";
import { choleskyInPlace, choleskySolve } from "./solve-symmetric.ts";

/** How aperture corrections are fitted. */
export interface ApertureCorrectionConfig {
  /** The flux that is taken to hold all light. */
  readonly reference: string;
  /** Flux columns to correct to it. */
  readonly columns: readonly string[];
  /** Stars need this S/N in both fluxes; halved, down to 20, while fewer than 10 stars have it. */
  readonly minimumSnr: number;
  /** Highest degree in x and y together; lower with few stars. */
  readonly order: number;
  /** Clipping in robust standard deviations. */
  readonly clipSigma: number;
}

/** The defaults: PSF and Kron fluxes to the 12-pixel aperture, degree 2. */
export const DEFAULT_APERTURE_CORRECTION: ApertureCorrectionConfig = {
  reference: "ap12Flux",
  columns: ["psfFlux", "kronFlux"],
  minimumSnr: 100,
  order: 2,
  clipSigma: 4,
};

/**
 * Fits, per flux column, the ratio of the reference aperture's flux to it as a Chebyshev series of position, from the given
 * rows (the PSF stars). A column without usable stars gets the constant 1.
 */
export function fitApertureCorrection(
  sources: Table,
  starRows: ArrayLike<number>,
  bbox: Box,
  config: Partial<ApertureCorrectionConfig> = {},
): ApertureCorrection {
  const c = { ...DEFAULT_APERTURE_CORRECTION, ...config };
  const coefficients = new Map<string, readonly (readonly number[])[]>();
  for (const column of c.columns) coefficients.set(column, fitRatio(sources, starRows, bbox, column, c));
  return { bbox, coefficients };
}

function fitRatio(
  sources: Table,
  starRows: ArrayLike<number>,
  bbox: Box,
  column: string,
  c: ApertureCorrectionConfig,
): number[][] {
  const read = (name: string): Float64Array => getColumn(sources, name).data as Float64Array;
  const [x, y] = [read("x"), read("y")];
  const [flux, fluxErr] = [read(column), read(`${column}Err`)];
  const [reference, referenceErr] = [read(c.reference), read(`${c.reference}Err`)];
  let rows: number[] = [];
  for (let snr = c.minimumSnr; snr >= 20 && rows.length < 10; snr /= 2) {
    rows = Array.from(starRows).filter(
      (k) => flux[k]! > snr * fluxErr[k]! && reference[k]! > snr * referenceErr[k]!,
    );
  }
  let fitted: number[][] = [[1]];
  for (let pass = 0; pass < 5 && rows.length > 0; pass++) {
    const order = Math.min(c.order, rows.length < 12 ? 0 : rows.length < 40 ? 1 : 2);
    // Both fluxes share most of their photons: the aperture's extra sky noise is what scatters the ratio.
    const weights = rows.map((k) => 1 / ((referenceErr[k]! / reference[k]!) ** 2 + 0.003 ** 2));
    fitted = fitSeries(
      rows.map((k) => scaleToBox(bbox.x0, bbox.width, x[k]!)),
      rows.map((k) => scaleToBox(bbox.y0, bbox.height, y[k]!)),
      rows.map((k) => reference[k]! / flux[k]!),
      weights,
      order,
    );
    const model = { bbox, coefficients: new Map([[column, fitted]]) };
    const offset = (k: number): number =>
      reference[k]! / flux[k]! - apertureCorrectionAt(model, column, x[k]!, y[k]!);
    const { median, sigma } = robustStatistics(rows.map(offset));
    const next = rows.filter((k) => Math.abs(offset(k) - median) <= c.clipSigma * Math.max(sigma, 1e-4));
    if (next.length === rows.length) break;
    rows = next;
  }
  return fitted;
}

/** Weighted least squares of Σ c[j][i] T_i(u) T_j(v), i + j ≤ order. */
function fitSeries(u: number[], v: number[], value: number[], weight: number[], order: number): number[][] {
  const pairs: Array<readonly [i: number, j: number]> = [];
  for (let j = 0; j <= order; j++) for (let i = 0; i + j <= order; i++) pairs.push([i, j]);
  const n = pairs.length;
  const factor = new Float64Array(n * n);
  const rhs = new Float64Array(n);
  for (let s = 0; s < u.length; s++) {
    const tu = chebyshevTerms(order, u[s]!);
    const tv = chebyshevTerms(order, v[s]!);
    for (let a = 0; a < n; a++) {
      const term = tu[pairs[a]![0]]! * tv[pairs[a]![1]]! * weight[s]!;
      rhs[a]! += term * value[s]!;
      for (let b = 0; b <= a; b++) factor[a * n + b]! += term * tu[pairs[b]![0]]! * tv[pairs[b]![1]]!;
    }
  }
  choleskyInPlace(factor, n);
  choleskySolve(factor, n, rhs);
  const out = Array.from({ length: order + 1 }, () => new Array<number>(order + 1).fill(0));
  pairs.forEach(([i, j], k) => {
    out[j]![i] = rhs[k]!;
  });
  return out;
}

/** A table whose fluxes that the correction knows, and their errors, are multiplied by it; adds `NAME_apCorr` columns. */
export function applyApertureCorrection(sources: Table, correction: ApertureCorrection): Table {
  const columns = new Map<string, Column>(sources.columns);
  const x = getColumn(sources, "x").data as Float64Array;
  const y = getColumn(sources, "y").data as Float64Array;
  for (const name of correction.coefficients.keys()) {
    if (!columns.has(name)) continue;
    const factor = x.map((v, k) => apertureCorrectionAt(correction, name, v, y[k]!));
    for (const part of [name, `${name}Err`]) {
      const column = getColumn(sources, part);
      const data = (column.data as Float64Array).map((v, k) => v * factor[k]!);
      columns.set(part, { ...column, data });
    }
    columns.set(`${name}_apCorr`, {
      data: factor,
      doc: `aperture correction that ${name} was multiplied by`,
    });
  }
  return { ...sources, columns };
}
