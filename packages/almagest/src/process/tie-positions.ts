import type { SkyWcs } from "@almagest/sphere";
import { getNumbers } from "@almagest/tables";
import { brightSources, fitAstrometry } from "@almagest/tasks";
import { medianOf } from "../judge/robust.ts";
import type { MeasuredFrame } from "./measured-frame.ts";

/** Sources that take part in matching frames to each other. */
const MOST = 400;
const SNR = 8;
/** A WCS that puts stars this near those of the anchor needs no new fit, pixels. */
const GOOD_PIXELS = 0.25;

/** Positions of a frame's bright sources, brightest first. */
function positionsOf(frame: MeasuredFrame): { x: Float64Array; y: Float64Array } {
  const rows = brightSources(frame.sources, SNR).slice(0, MOST);
  const [x, y] = [getNumbers(frame.sources, "x"), getNumbers(frame.sources, "y")];
  return { x: Float64Array.from(rows, (row) => x[row]!), y: Float64Array.from(rows, (row) => y[row]!) };
}

/** Stars of an anchor frame on the sky, brightest first. */
export interface AnchorStars {
  readonly raDeg: Float64Array;
  readonly decDeg: Float64Array;
  /** Arcsec per pixel of the anchor. */
  readonly pixelScaleArcsec: number;
}

/** The stars of a frame according to a WCS. */
export function anchorStars(frame: MeasuredFrame, wcs: SkyWcs): AnchorStars {
  const { x, y } = positionsOf(frame);
  const raDeg = new Float64Array(x.length);
  const decDeg = new Float64Array(x.length);
  wcs.pixelToSkyArrays(x, y, raDeg, decDeg);
  const { x0, y0, width, height } = frame.bbox;
  return { raDeg, decDeg, pixelScaleArcsec: wcs.pixelScaleArcsec(x0 + width / 2, y0 + height / 2) };
}

/**
 * The WCS that puts a frame's stars on those of an anchor frame: by the frame's own WCS as a start where it has one, else by
 * the patterns of triangles. Gives the frame's own back where it is good already. Undefined where the stars do not match.
 */
export function tiePositions(frame: MeasuredFrame, anchor: AnchorStars): SkyWcs | undefined {
  const sources = positionsOf(frame);
  const middle = {
    raDeg: anchor.raDeg[0] ?? Number.NaN,
    decDeg: anchor.decDeg[0] ?? Number.NaN,
  };
  const solution = fitAstrometry(
    sources,
    anchor,
    {
      ...(frame.wcs === undefined ? {} : { wcs: frame.wcs }),
      ...middle,
      minScaleArcsec: 0.5 * anchor.pixelScaleArcsec,
      maxScaleArcsec: 2 * anchor.pixelScaleArcsec,
    },
    { maxShiftArcsec: Math.max(60, 100 * anchor.pixelScaleArcsec), maxOrder: 2, minMatches: 5, clipSigma: 4 },
  );
  if (solution === undefined || frame.wcs === undefined || frame.frame.wcsIsGuess) return solution?.wcs;
  const off = solution.pairs.map(([i, j]) => {
    const there = frame.wcs!.skyToPixel(anchor.raDeg[j]!, anchor.decDeg[j]!);
    return Math.hypot(there.x - sources.x[i]!, there.y - sources.y[i]!);
  });
  return medianOf(off) < GOOD_PIXELS ? frame.wcs : solution.wcs;
}
