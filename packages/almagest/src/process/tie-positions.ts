import type { SkyWcs } from "@almagest/sphere";
import { getNumbers } from "@almagest/tables";
import { brightSources, fitAstrometry } from "@almagest/tasks";
import { medianOf, scatterOf } from "../judge/robust.ts";
import type { MeasuredFrame } from "./measured-frame.ts";

/** Sources that take part in matching frames to each other. */
const MOST = 400;
const SNR = 8;
/** A header's WCS is kept when, on the whole, it puts the frame's stars this near the anchor's, pixels. */
const GOOD_PIXELS = 0.05;

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
  const { pairs } = solution;
  const own = measureOffsets(frame.wcs, sources, anchor, pairs);
  const fitted = measureOffsets(solution.wcs, sources, anchor, pairs);
  // What is within three standard errors of nothing is nothing.
  const allowed = Math.max(GOOD_PIXELS, (3 * own.spreadPixels) / Math.sqrt(pairs.length));
  const isGood = own.shiftPixels < allowed && own.spreadPixels < 1.5 * fitted.spreadPixels + 0.1;
  return isGood ? frame.wcs : solution.wcs;
}

/** How far, on the whole and singly, a WCS puts sources from the stars they were matched with. */
function measureOffsets(
  wcs: SkyWcs,
  sources: { readonly x: Float64Array; readonly y: Float64Array },
  anchor: AnchorStars,
  pairs: ReadonlyArray<readonly [source: number, star: number]>,
): { shiftPixels: number; spreadPixels: number } {
  const there = pairs.map(([, j]) => wcs.skyToPixel(anchor.raDeg[j]!, anchor.decDeg[j]!));
  const dx = pairs.map(([i], k) => there[k]!.x - sources.x[i]!);
  const dy = pairs.map(([i], k) => there[k]!.y - sources.y[i]!);
  return {
    shiftPixels: Math.hypot(medianOf(dx), medianOf(dy)),
    spreadPixels: Math.hypot(scatterOf(dx), scatterOf(dy)),
  };
}
