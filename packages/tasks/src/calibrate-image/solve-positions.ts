import type { Exposure } from "@almagest/images";
import { angularSeparationArcsec } from "@almagest/sphere";
import { getNumbers, type Table } from "@almagest/tables";
import {
  type AstrometrySolution,
  type AstrometrySources,
  fitAstrometry,
} from "../astrometry/fit-astrometry.ts";
import { type ReferenceObjects, takeReference } from "../reference-catalog/reference-objects.ts";
import type { CalibrateImageConfig } from "./calibrate-image-config.ts";

/** Rows of good, bright sources, brightest first: not saturated, not at the edge, with a PSF flux. */
export function brightSources(sources: Table, minimumSnr: number): number[] {
  const flux = getNumbers(sources, "psfFlux");
  const error = getNumbers(sources, "psfFluxErr");
  const flags = [
    "pixelFlags_saturatedCenter",
    "pixelFlags_edge",
    "psfFlux_flag",
    "centroid_flag",
    "pixelFlags_crCenter",
  ]
    .filter((name) => sources.columns.has(name))
    .map((name) => getNumbers(sources, name));
  const rows: number[] = [];
  for (let i = 0; i < sources.rows; i++) {
    if (!(flux[i]! > minimumSnr * error[i]!) || flags.some((flag) => flag[i] === 1)) continue;
    rows.push(i);
  }
  return rows.sort((p, q) => flux[q]! - flux[p]! || p - q);
}

/** Reference stars within `radiusArcsec` of a position. */
function nearby(
  reference: ReferenceObjects,
  raDeg: number,
  decDeg: number,
  radiusArcsec: number,
): ReferenceObjects {
  const rows: number[] = [];
  for (let j = 0; j < reference.raDeg.length; j++) {
    if (angularSeparationArcsec(raDeg, decDeg, reference.raDeg[j]!, reference.decDeg[j]!) < radiusArcsec)
      rows.push(j);
  }
  return takeReference(reference, rows);
}

/** Where the image looks according to what it knows: its WCS, or the pointing of its header. */
function pointingOf(exposure: Exposure): { raDeg: number; decDeg: number; radiusArcsec: number | undefined } {
  const { bbox, wcs, visitInfo } = exposure;
  if (wcs === undefined) {
    return {
      raDeg: visitInfo?.boresightRaDeg ?? Number.NaN,
      decDeg: visitInfo?.boresightDecDeg ?? Number.NaN,
      radiusArcsec: undefined,
    };
  }
  const x = bbox.x0 + (bbox.width - 1) / 2;
  const y = bbox.y0 + (bbox.height - 1) / 2;
  const radiusArcsec = (Math.hypot(bbox.width, bbox.height) / 2) * wcs.pixelScaleArcsec(x, y);
  return { ...wcs.pixelToSky(x, y), radiusArcsec };
}

/** Mean position of all reference stars: the only guess when the header says nothing. */
function middleOf(reference: ReferenceObjects): { raDeg: number; decDeg: number } {
  let [x, y, z] = [0, 0, 0];
  for (let j = 0; j < reference.raDeg.length; j++) {
    const ra = (reference.raDeg[j]! * Math.PI) / 180;
    const dec = (reference.decDeg[j]! * Math.PI) / 180;
    x += Math.cos(dec) * Math.cos(ra);
    y += Math.cos(dec) * Math.sin(ra);
    z += Math.sin(dec);
  }
  const raDeg = ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360;
  return { raDeg, decDeg: (Math.atan2(z, Math.hypot(x, y)) * 180) / Math.PI };
}

/** Pixel scales tried at once without a WCS: the larger is this many times the smaller. */
const SCALE_STEP = 3;
/** Share of the sources that must match when neither position nor scale were known. */
const BLIND_SHARE = 0.25;

/** Ranges of pixel scales, each narrow enough to know which stars the image may show. */
function listScaleRanges(least: number, most: number): Array<readonly [least: number, most: number]> {
  const count = Math.max(1, Math.ceil(Math.log(most / least) / Math.log(SCALE_STEP)));
  const step = (most / least) ** (1 / count);
  return Array.from({ length: count }, (_, k) => [least * step ** k, least * step ** (k + 1)] as const);
}

/** Bright sources as the fit wants them. */
function takeSources(sources: Table, rows: readonly number[]): AstrometrySources {
  const [x, y, xErr] = [getNumbers(sources, "x"), getNumbers(sources, "y"), getNumbers(sources, "xErr")];
  return {
    x: Float64Array.from(rows, (i) => x[i]!),
    y: Float64Array.from(rows, (i) => y[i]!),
    errorPixels: Float64Array.from(rows, (i) => (Number.isFinite(xErr[i]!) ? xErr[i]! : 1)),
  };
}

/**
 * Solves an image's WCS from its measured sources and reference stars, starting from its WCS or, without one, from the
 * pointing in its header (or the middle of the catalogue) and a range of pixel scales. Undefined when it cannot be solved.
 */
export function solvePositions(
  exposure: Exposure,
  sources: Table,
  reference: ReferenceObjects,
  config: CalibrateImageConfig,
): AstrometrySolution | undefined {
  const pointing = pointingOf(exposure);
  const known = Number.isFinite(pointing.raDeg) && Number.isFinite(pointing.decDeg);
  const { raDeg, decDeg } = known ? pointing : middleOf(reference);
  const chosen = takeSources(sources, brightSources(sources, config.astrometrySnr).slice(0, 600));
  const fitting = {
    maxShiftArcsec: config.astrometryMaxShiftArcsec,
    maxOrder: config.astrometryMaxOrder,
    minMatches: 6,
    clipSigma: 4,
  };
  const { minScaleArcsec, maxScaleArcsec } = config;
  if (exposure.wcs !== undefined) {
    const near = nearby(reference, raDeg, decDeg, pointing.radiusArcsec! + config.astrometryMaxShiftArcsec);
    return fitAstrometry(
      chosen,
      near,
      { wcs: exposure.wcs, raDeg, decDeg, minScaleArcsec, maxScaleArcsec },
      fitting,
    );
  }
  const diagonal = Math.hypot(exposure.bbox.width, exposure.bbox.height);
  for (const [least, most] of listScaleRanges(minScaleArcsec, maxScaleArcsec)) {
    // Without coordinates the image may lie anywhere in the catalogue.
    const radius = known ? 0.6 * diagonal * most + config.astrometryMaxShiftArcsec : Number.POSITIVE_INFINITY;
    const near = nearby(reference, raDeg, decDeg, radius);
    const guess = { raDeg, decDeg, minScaleArcsec: least, maxScaleArcsec: most };
    const solution = fitAstrometry(chosen, near, guess, fitting);
    const enough = BLIND_SHARE * Math.min(chosen.x.length, near.raDeg.length, 40);
    if (solution !== undefined && solution.pairs.length >= enough) return solution;
  }
  return undefined;
}
