import { createTanWcs, fitTanSip, type SkyWcs } from "@almagest/sphere";
import { matchOffset } from "./match-offset.ts";
import { matchTriangles, type PatternMatch } from "./match-triangles.ts";
import { applyTransform, fitAffine, type PlanePoints, type PlaneTransform } from "./plane-transform.ts";
import { matchNearest } from "./point-grid.ts";

/** Measured sources, brightest first, pixel positions. */
export interface AstrometrySources extends PlanePoints {
  /** Position error in pixels per source; used as weights when given. */
  readonly errorPixels?: Float64Array;
}

/** Reference positions, brightest first. */
export interface AstrometryReference {
  readonly raDeg: Float64Array;
  readonly decDeg: Float64Array;
}

/** What is known of the pointing beforehand. */
export interface AstrometryGuess {
  /** A WCS good to `maxShiftArcsec`; absent when the header has none. */
  readonly wcs?: SkyWcs;
  /** Roughly where the image looks, degrees. */
  readonly raDeg: number;
  readonly decDeg: number;
  /** Smallest and largest pixel scale, arcsec, when there is no WCS. */
  readonly minScaleArcsec: number;
  readonly maxScaleArcsec: number;
}

/** How to match and fit. */
export interface AstrometryConfig {
  readonly maxShiftArcsec: number;
  /** Largest polynomial order; fewer stars get a lower one. */
  readonly maxOrder: number;
  readonly minMatches: number;
  /** Residuals beyond this many robust sigmas are left out. */
  readonly clipSigma: number;
}

/** Values that suit a pointing good to some arcsec and detectors with little distortion. */
export const DEFAULT_ASTROMETRY: AstrometryConfig = {
  maxShiftArcsec: 60,
  maxOrder: 3,
  minMatches: 6,
  clipSigma: 4,
};

/** A solved field. Pairs are (source, reference) indices that took part in the fit. */
export interface AstrometrySolution {
  readonly wcs: SkyWcs;
  readonly pairs: ReadonlyArray<readonly [source: number, reference: number]>;
  readonly order: number;
  /** Robust scatter per coordinate (1.4826·MAD), arcsec. */
  readonly scatterArcsec: number;
  /** Distance between the guess and the solution at the image's middle, arcsec; NaN without a guess. */
  readonly shiftArcsec: number;
}

const ARCSEC_PER_DEG = 3600;

function takePoints(points: PlanePoints, count: number): PlanePoints {
  return { x: points.x.subarray(0, count), y: points.y.subarray(0, count) };
}

function mapPoints(points: PlanePoints, t: PlaneTransform): PlanePoints {
  const x = new Float64Array(points.x.length);
  const y = new Float64Array(points.x.length);
  for (let i = 0; i < x.length; i++) [x[i], y[i]] = applyTransform(t, points.x[i]!, points.y[i]!);
  return { x, y };
}

/** Tangent plane at a sky position, arcsec east and north: a WCS whose pixels are arcsec. */
function createTangentPlane(raDeg: number, decDeg: number): SkyWcs {
  const arcsec = 1 / ARCSEC_PER_DEG;
  return createTanWcs({
    crvalRaDeg: raDeg,
    crvalDecDeg: decDeg,
    crpixX: 0,
    crpixY: 0,
    cd: [arcsec, 0, 0, arcsec],
  });
}

function toPlane(plane: SkyWcs, raDeg: Float64Array, decDeg: Float64Array): PlanePoints {
  const x = new Float64Array(raDeg.length);
  const y = new Float64Array(raDeg.length);
  plane.skyToPixelArrays(raDeg, decDeg, x, y);
  return { x, y };
}

/** Sources in the tangent plane according to the guessed WCS. */
function guessPlane(plane: SkyWcs, wcs: SkyWcs, sources: PlanePoints): PlanePoints {
  const ra = new Float64Array(sources.x.length);
  const dec = new Float64Array(sources.x.length);
  wcs.pixelToSkyArrays(sources.x, sources.y, ra, dec);
  return toPlane(plane, ra, dec);
}

function findPattern(
  sources: PlanePoints,
  references: PlanePoints,
  guess: AstrometryGuess,
  config: AstrometryConfig,
): PatternMatch | undefined {
  if (guess.wcs === undefined) {
    const tolerance = 2 * guess.maxScaleArcsec;
    const limits = {
      minScale: guess.minScaleArcsec,
      maxScale: guess.maxScaleArcsec,
      parity: 0,
      tolerance,
    } as const;
    return matchTriangles(sources, references, limits);
  }
  const bright = takePoints(references, 600);
  for (const tolerance of [1.5, 4]) {
    const offset = matchOffset(takePoints(sources, 200), bright, config.maxShiftArcsec, tolerance);
    if (offset !== undefined) return { ...offset, inliers: offset.inliers };
  }
  return (
    matchTriangles(sources, references, { minScale: 0.96, maxScale: 1.04, parity: 1, tolerance: 2 }) ??
    matchTriangles(sources, references, { minScale: 0.5, maxScale: 2, parity: 0, tolerance: 3 })
  );
}

/** Order that `count` stars can bear, at least three per term. */
function affordableOrder(count: number, maxOrder: number): number {
  for (let order = maxOrder; order > 1; order--) {
    if (count >= 3 * (((order + 1) * (order + 2)) / 2)) return order;
  }
  return 1;
}

function medianAbsolute(values: Float64Array): number {
  const sorted = values.map(Math.abs).sort();
  return sorted.length === 0 ? Number.NaN : sorted[sorted.length >> 1]!;
}

/**
 * Solves an image's positions against reference stars: finds the pattern (offset votes with a WCS guess, triangles
 * otherwise), refines an affine map with narrowing radius, then fits TAN or TAN-SIP with clipping. Undefined when the
 * pattern is not found or too few stars hold; never a wrong guess passed off as a solution.
 */
export function fitAstrometry(
  sources: AstrometrySources,
  reference: AstrometryReference,
  guess: AstrometryGuess,
  config: AstrometryConfig = DEFAULT_ASTROMETRY,
): AstrometrySolution | undefined {
  if (sources.x.length < 3 || reference.raDeg.length < 3) return undefined;
  const plane = createTangentPlane(guess.raDeg, guess.decDeg);
  const targets = toPlane(plane, reference.raDeg, reference.decDeg);
  const start = guess.wcs === undefined ? sources : guessPlane(plane, guess.wcs, sources);
  const pattern = findPattern(start, targets, guess, config);
  if (pattern === undefined) return undefined;
  let transform = pattern.transform;
  let pairs: Array<readonly [number, number]> = [];
  const scale = Math.sqrt(Math.abs(transform.a * transform.e - transform.b * transform.d));
  const pixel = guess.wcs === undefined ? scale : guess.wcs.pixelScaleArcsec(sources.x[0]!, sources.y[0]!);
  for (const radius of [Math.max(4 * pixel, 2), Math.max(3 * pixel, 1.5), 2 * pixel, 1.5 * pixel]) {
    pairs = matchNearest(mapPoints(start, transform), targets, radius);
    if (pairs.length < 3) return undefined;
    transform = fitAffine(start, targets, pairs, pattern.parity);
  }
  if (pairs.length < config.minMatches) return undefined;
  return refine(sources, reference, pairs, pixel, guess, config);
}

function refine(
  sources: AstrometrySources,
  reference: AstrometryReference,
  firstPairs: ReadonlyArray<readonly [number, number]>,
  pixelArcsec: number,
  guess: AstrometryGuess,
  config: AstrometryConfig,
): AstrometrySolution | undefined {
  let pairs = firstPairs;
  let solution: AstrometrySolution | undefined;
  for (let round = 0; round < 6; round++) {
    const order = affordableOrder(pairs.length, config.maxOrder);
    const pick = (values: Float64Array, side: 0 | 1): Float64Array =>
      Float64Array.from(pairs, (p) => values[p[side]]!);
    const errors = sources.errorPixels === undefined ? undefined : pick(sources.errorPixels, 0);
    const fit = fitTanSip({
      x: pick(sources.x, 0),
      y: pick(sources.y, 0),
      raDeg: pick(reference.raDeg, 1),
      decDeg: pick(reference.decDeg, 1),
      // 0.03 pixel floor: reference errors and unmodelled PSF structure keep the brightest star from ruling the fit.
      ...(errors === undefined ? {} : { weights: errors.map((e) => 1 / (e * e + 0.03 ** 2)) }),
      order,
    });
    const scatter =
      1.4826 *
      Math.max(medianAbsolute(fit.residualEastArcsec), medianAbsolute(fit.residualNorthArcsec), 1e-4);
    solution = {
      wcs: fit.wcs,
      pairs,
      order,
      scatterArcsec: scatter,
      shiftArcsec: shiftFromGuess(fit.wcs, sources, guess),
    };
    const plane = createTangentPlane(guess.raDeg, guess.decDeg);
    const mapped = guessPlane(plane, fit.wcs, sources);
    const targets = toPlane(plane, reference.raDeg, reference.decDeg);
    const radius = Math.min(Math.max(config.clipSigma * scatter * 1.5, 0.3 * pixelArcsec), 2 * pixelArcsec);
    const next = matchNearest(mapped, targets, radius);
    if (next.length < config.minMatches) break;
    const same =
      next.length === pairs.length && next.every(([i, j], k) => pairs[k]![0] === i && pairs[k]![1] === j);
    if (same) break;
    pairs = next;
  }
  // A false pattern leaves residuals spread over the whole search radius.
  if (solution === undefined || solution.scatterArcsec > 0.75 * pixelArcsec) return undefined;
  return solution;
}

function shiftFromGuess(wcs: SkyWcs, sources: PlanePoints, guess: AstrometryGuess): number {
  if (guess.wcs === undefined) return Number.NaN;
  let x = 0;
  let y = 0;
  for (let i = 0; i < sources.x.length; i++) {
    x += sources.x[i]! / sources.x.length;
    y += sources.y[i]! / sources.x.length;
  }
  const one = guess.wcs.pixelToSky(x, y);
  const other = wcs.pixelToSky(x, y);
  const plane = createTangentPlane(one.raDeg, one.decDeg);
  const { x: dx, y: dy } = plane.skyToPixel(other.raDeg, other.decDeg);
  return Math.hypot(dx, dy);
}
