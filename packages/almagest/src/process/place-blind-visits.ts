import type { Butler } from "@almagest/butler";
import { convexHull, createTanWcs, createUnitVector, encodeRegion, type UnitVector } from "@almagest/sphere";
import type { IngestedCatalogue } from "./ingest-catalogues.ts";
import { type InstrumentFrames, isSkyFrame } from "./process-frame.ts";

/** Half a side of the square searched around a frame whose scale is unknown, degrees. */
const SEARCH_DEG = 0.7;
/** A catalogue larger than this tells nothing of where a frame without coordinates might be, degrees. */
const LARGEST_DEG = 6;

/** Corners of a square on the sky. */
function squareAround(raDeg: number, decDeg: number, halfDeg: number): UnitVector[] {
  const plane = createTanWcs({
    crvalRaDeg: raDeg,
    crvalDecDeg: decDeg,
    crpixX: 0,
    crpixY: 0,
    cd: [1, 0, 0, 1],
  });
  return [
    [-halfDeg, -halfDeg],
    [halfDeg, -halfDeg],
    [halfDeg, halfDeg],
    [-halfDeg, halfDeg],
  ].map(([x, y]) => {
    const { raDeg: ra, decDeg: dec } = plane.pixelToSky(x!, y!);
    return createUnitVector(ra, dec);
  });
}

/** The square that holds a small catalogue; undefined for one that covers much of the sky. */
function catalogueSquare({ raDeg, decDeg }: IngestedCatalogue): UnitVector[] | undefined {
  if (raDeg.length === 0) return undefined;
  const plane = createTanWcs({
    crvalRaDeg: raDeg[0]!,
    crvalDecDeg: decDeg[0]!,
    crpixX: 0,
    crpixY: 0,
    cd: [1, 0, 0, 1],
  });
  let [x0, x1, y0, y1] = [0, 0, 0, 0];
  for (let k = 0; k < raDeg.length; k++) {
    const { x, y } = plane.skyToPixel(raDeg[k]!, decDeg[k]!);
    if (!Number.isFinite(x) || Math.hypot(x, y) > 2 * LARGEST_DEG) return undefined;
    [x0, x1, y0, y1] = [Math.min(x0, x), Math.max(x1, x), Math.min(y0, y), Math.max(y1, y)];
  }
  const half = Math.max(x1 - x0, y1 - y0, 0.02) / 2;
  if (half > LARGEST_DEG / 2) return undefined;
  const middle = plane.pixelToSky((x0 + x1) / 2, (y0 + y1) / 2);
  return squareAround(middle.raDeg, middle.decDeg, half);
}

/**
 * Gives frames without a WCS a region in which reference stars are looked up: around their coordinates, or all of a small
 * catalogue. Once positions are solved the true regions replace these.
 */
export async function placeBlindVisits(
  butler: Butler,
  { instrument, frames }: InstrumentFrames,
  catalogue: IngestedCatalogue,
): Promise<void> {
  if (catalogue.run === undefined) return;
  const whole = catalogueSquare(catalogue);
  for (const { frame, info } of frames.filter(isSkyFrame)) {
    if (frame.wcs !== undefined) continue;
    const { trackingRaDeg: ra, trackingDecDeg: dec } = info;
    const corners =
      ra !== undefined && dec !== undefined && Number.isFinite(ra)
        ? squareAround(ra, dec, SEARCH_DEG)
        : whole;
    if (corners === undefined) continue;
    const region = encodeRegion(convexHull(corners));
    await butler.insertRecords(
      "visit_detector_region",
      [{ instrument, visit: info.visitId, detector: info.detectorId, region }],
      { skipExisting: true },
    );
  }
}
