import { getNumbers, type Table } from "@almagest/tables";
import { createPointGrid } from "../astrometry/point-grid.ts";

/** One band's detections of a patch. */
export interface BandSources {
  readonly band: string;
  readonly sources: Table;
}

/** Objects merged over bands: positions in tract pixels, the band they come from, and the row seen in each band (−1: none). */
export interface MergedObjects {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Position error per coordinate, pixels. */
  readonly error: Float64Array;
  /** Index into `bands` of the band with the highest S/N, which gives the position. */
  readonly refBand: Int32Array;
  readonly bands: readonly string[];
  /** Per band, parallel to the objects: row in that band's table, or −1. */
  readonly rows: readonly Int32Array[];
}

/** Distances that decide whether two detections are one object, in pixels. */
export interface MergeDistances {
  /** Nearer than this: the same object. */
  readonly same: number;
  /** Farther than this from every object: a new one; between the two it belongs to none. */
  readonly distinct: number;
}

/**
 * Merges the detections of several bands of one patch (after LSST's MergeDetectionsTask): band by band in priority order, a
 * detection near an object joins it, one far from all starts a new object. The position is that of the highest S/N.
 */
export function mergeBands(bandSources: readonly BandSources[], distances: MergeDistances): MergedObjects {
  const x: number[] = [];
  const y: number[] = [];
  const members: Int32Array[] = [];
  bandSources.forEach(({ sources }, b) => {
    const sx = getNumbers(sources, "x");
    const sy = getNumbers(sources, "y");
    const grid = createPointGrid({ x: Float64Array.from(x), y: Float64Array.from(y) }, distances.distinct);
    const known = x.length;
    for (let row = 0; row < sources.rows; row++) {
      if (!Number.isFinite(sx[row]!) || !Number.isFinite(sy[row]!)) continue;
      const near = known === 0 ? -1 : grid.nearest(sx[row]!, sy[row]!, distances.distinct);
      if (near < 0) {
        x.push(sx[row]!);
        y.push(sy[row]!);
        members.push(new Int32Array(bandSources.length).fill(-1).fill(row, b, b + 1));
      } else if (
        Math.hypot(x[near]! - sx[row]!, y[near]! - sy[row]!) < distances.same &&
        members[near]![b] === -1
      ) {
        members[near]![b] = row;
      }
    }
  });
  return choosePositions(bandSources, members);
}

function choosePositions(bandSources: readonly BandSources[], members: readonly Int32Array[]): MergedObjects {
  const count = members.length;
  const columns = bandSources.map(({ sources }) => ({
    x: getNumbers(sources, "x"),
    y: getNumbers(sources, "y"),
    xErr: getNumbers(sources, "xErr"),
    yErr: getNumbers(sources, "yErr"),
    significance: getNumbers(sources, "peakSignificance"),
  }));
  const x = new Float64Array(count);
  const y = new Float64Array(count);
  const error = new Float64Array(count);
  const refBand = new Int32Array(count);
  members.forEach((rows, k) => {
    let best = -1;
    for (let b = 0; b < rows.length; b++) {
      if (rows[b]! < 0) continue;
      if (best < 0 || columns[b]!.significance[rows[b]!]! > columns[best]!.significance[rows[best]!]!)
        best = b;
    }
    const row = rows[best]!;
    const from = columns[best]!;
    refBand[k] = best;
    x[k] = from.x[row]!;
    y[k] = from.y[row]!;
    error[k] = Math.sqrt((from.xErr[row]! ** 2 + from.yErr[row]! ** 2) / 2);
  });
  return {
    x,
    y,
    error,
    refBand,
    bands: bandSources.map(({ band }) => band),
    rows: bandSources.map((_, b) => Int32Array.from(members, (rows) => rows[b]!)),
  };
}
