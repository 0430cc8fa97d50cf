import { getNumbers, type Table, withColumns } from "@almagest/tables";
import { matchNearest } from "../astrometry/point-grid.ts";

/** Rows of the sources at the given star positions (within one pixel), rising. */
export function findStarRows(
  sources: Table,
  stars: { readonly x: Float64Array; readonly y: Float64Array },
): number[] {
  const x = Float64Array.from(getNumbers(sources, "x"), (v) => (Number.isFinite(v) ? v : -1e9));
  const y = Float64Array.from(getNumbers(sources, "y"), (v) => (Number.isFinite(v) ? v : -1e9));
  return matchNearest(stars, { x, y }, 1)
    .map(([, row]) => row)
    .sort((a, b) => a - b);
}

/** The table with a `calib_psf_used` flag set in the given rows. */
export function markStarRows(sources: Table, rows: readonly number[]): Table {
  const data = new Uint8Array(sources.rows);
  for (const row of rows) data[row] = 1;
  return withColumns(sources, {
    calib_psf_used: { data, logical: true, doc: "Took part in the PSF model." },
  });
}
