import { getColumn, type Table } from "@almagest/tables";

/** Measurements that star selection needs, one entry per source. */
export interface StarCandidates {
  readonly count: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly flux: Float64Array;
  readonly snr: Float64Array;
  /** Fourth root of the moments' determinant, pixels. */
  readonly sigma: Float64Array;
  /** Ellipticity components (ixx − iyy)/T and 2 ixy/T. */
  readonly e1: Float64Array;
  readonly e2: Float64Array;
  /** 1 where nothing speaks against a clean, single source. */
  readonly clean: Uint8Array;
}

/** A source with any of these set is no PSF star. */
const REJECTING_FLAGS = [
  "centroid_flag",
  "shape_flag",
  "psfFlux_flag",
  "pixelFlags_saturated",
  "pixelFlags_suspectCenter",
  "pixelFlags_crCenter",
  "pixelFlags_interpolatedCenter",
  "pixelFlags_bad",
  "pixelFlags_edge",
  "pixelFlags_nodata",
];

/** Reads candidates from a table of `measureSources`. */
export function readStarCandidates(sources: Table): StarCandidates {
  const column = (name: string): Float64Array => getColumn(sources, name).data as Float64Array;
  const count = sources.rows;
  const flux = column("psfFlux");
  const fluxErr = column("psfFluxErr");
  const ixx = column("ixx");
  const iyy = column("iyy");
  const ixy = column("ixy");
  const peaks = getColumn(sources, "deblend_nPeaks").data as Int32Array;
  const flags = REJECTING_FLAGS.map((name) => getColumn(sources, name).data as Uint8Array);
  const sigma = new Float64Array(count);
  const e1 = new Float64Array(count);
  const e2 = new Float64Array(count);
  const clean = new Uint8Array(count);
  for (let k = 0; k < count; k++) {
    sigma[k] = (ixx[k]! * iyy[k]! - ixy[k]! ** 2) ** 0.25;
    e1[k] = (ixx[k]! - iyy[k]!) / (ixx[k]! + iyy[k]!);
    e2[k] = (2 * ixy[k]!) / (ixx[k]! + iyy[k]!);
    const flagged = flags.some((flag) => flag[k] !== 0);
    clean[k] = !flagged && peaks[k] === 1 && sigma[k]! > 0.4 && sigma[k]! < 15 ? 1 : 0;
  }
  return {
    count,
    x: column("x"),
    y: column("y"),
    flux,
    snr: flux.map((f, k) => f / fluxErr[k]!),
    sigma,
    e1,
    e2,
    clean,
  };
}
