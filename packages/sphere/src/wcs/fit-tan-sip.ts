import { AlmagestError } from "@almagest/base";
import { ARCSEC, DEGREE } from "../angle.ts";
import type { SkyWcs } from "../sky-wcs.ts";
import { createUnitVector, vectorToSky } from "../unit-vector.ts";
import { solveLeastSquares } from "./least-squares.ts";
import { createTanSipWcs, createTanWcs } from "./tan-wcs.ts";

/** Matched positions to fit, and how. */
export interface TanSipFitOptions {
  /** Pixel positions, zero-based. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Sky positions of the same points, degrees. */
  readonly raDeg: Float64Array;
  readonly decDeg: Float64Array;
  /** Inverse variances (any unit); all equal when absent. Points of weight 0 are not used but have residuals. */
  readonly weights?: Float64Array;
  /** Highest power of the distortion: 1 for plain TAN, 2 … 9 for TAN-SIP. */
  readonly order: number;
  /** Reference pixel to keep, zero-based; the weighted mean of the points when absent. */
  readonly crpixX?: number;
  readonly crpixY?: number;
}

/** A fitted WCS and how well it holds. Residuals are observed pixel position mapped to the sky, minus given sky position. */
export interface TanSipFit {
  readonly wcs: SkyWcs;
  /** Residual towards east and towards north of each point, arcsec. */
  readonly residualEastArcsec: Float64Array;
  readonly residualNorthArcsec: Float64Array;
  /** Weighted root mean square residual per coordinate, arcsec, of the points used. */
  readonly rmsEastArcsec: number;
  readonly rmsNorthArcsec: number;
  /** Median radial residual of the points used, arcsec. */
  readonly medianArcsec: number;
  readonly pointsUsed: number;
  /** Points used minus terms, per coordinate. */
  readonly degreesOfFreedom: number;
}

interface PlaneFit {
  readonly xTerms: Float64Array;
  readonly yTerms: Float64Array;
}

/** (p, q) of each term u^p v^q up to an order, constants first, then linear, …. */
function listPowers(order: number): [p: number, q: number][] {
  const powers: [number, number][] = [];
  for (let total = 0; total <= order; total++) {
    for (let q = 0; q <= total; q++) powers.push([total - q, q]);
  }
  return powers;
}

/**
 * Fits a TAN-SIP mapping of the given order to matched positions by weighted linear least squares: polynomials from pixel
 * offsets to the tangent plane, with the tangent point moved until the constant terms vanish, so that the result is exactly
 * CRPIX, CRVAL, CD and the SIP terms. Clip outliers by calling again with weight 0. Throws `SPHERE.WCS_FIT` for too few or
 * degenerate points.
 */
export function fitTanSip(options: TanSipFitOptions): TanSipFit {
  const { x, y, raDeg, decDeg, order } = options;
  const count = x.length;
  const weights = options.weights ?? new Float64Array(count).fill(1);
  const powers = listPowers(order);
  let pointsUsed = 0;
  for (let i = 0; i < count; i++) if (weights[i]! > 0) pointsUsed++;
  if (!Number.isInteger(order) || order < 1 || order > 9 || pointsUsed < powers.length) {
    throw new AlmagestError(
      "SPHERE.WCS_FIT",
      `A fit of order ${order} needs an order from 1 to 9 and at least ${powers.length} points; there are ${pointsUsed}.`,
      { fields: { order, pointsUsed, needed: powers.length } },
    );
  }
  const crpixX = options.crpixX ?? weightedMean(x, weights);
  const crpixY = options.crpixY ?? weightedMean(y, weights);
  let scale = 0;
  for (let i = 0; i < count; i++) {
    if (weights[i]! > 0) scale = Math.max(scale, Math.abs(x[i]! - crpixX), Math.abs(y[i]! - crpixY));
  }
  const design = createDesign(x, y, weights, crpixX, crpixY, scale, powers, pointsUsed);

  let centre = meanPosition(raDeg, decDeg, weights);
  let plane: PlaneFit = { xTerms: new Float64Array(0), yTerms: new Float64Array(0) };
  for (let iteration = 0; iteration < 8; iteration++) {
    plane = fitPlane(design, centre, raDeg, decDeg, weights, powers.length);
    const shift = Math.hypot(plane.xTerms[0]!, plane.yTerms[0]!);
    if (shift < 1e-16) break;
    // The sky position that the reference pixel maps to becomes the new tangent point.
    const pointing = createTanWcs({
      crvalRaDeg: centre.raDeg,
      crvalDecDeg: centre.decDeg,
      crpixX: 0,
      crpixY: 0,
      cd: [1 / DEGREE, 0, 0, 1 / DEGREE],
    });
    centre = pointing.pixelToSky(plane.xTerms[0]!, plane.yTerms[0]!);
  }
  plane = fitPlane(design, centre, raDeg, decDeg, weights, powers.length);
  const wcs = createFromPlane(plane, centre, crpixX, crpixY, scale, order, powers);
  return {
    wcs,
    ...measureResiduals(wcs, options, weights),
    pointsUsed,
    degreesOfFreedom: pointsUsed - powers.length,
  };
}

function weightedMean(values: Float64Array, weights: Float64Array): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    if (!(weights[i]! > 0)) continue;
    sum += values[i]! * weights[i]!;
    total += weights[i]!;
  }
  return sum / total;
}

function meanPosition(
  raDeg: Float64Array,
  decDeg: Float64Array,
  weights: Float64Array,
): { raDeg: number; decDeg: number } {
  let [sx, sy, sz] = [0, 0, 0];
  for (let i = 0; i < raDeg.length; i++) {
    if (!(weights[i]! > 0)) continue;
    const vector = createUnitVector(raDeg[i]!, decDeg[i]!);
    sx += vector.x;
    sy += vector.y;
    sz += vector.z;
  }
  return vectorToSky({ x: sx, y: sy, z: sz });
}

/** Rows of √w u^p v^q for the points in use, with u and v scaled to [−1, 1]; column-major. */
function createDesign(
  x: Float64Array,
  y: Float64Array,
  weights: Float64Array,
  crpixX: number,
  crpixY: number,
  scale: number,
  powers: readonly (readonly [number, number])[],
  rows: number,
): Float64Array {
  const design = new Float64Array(rows * powers.length);
  let row = 0;
  for (let i = 0; i < x.length; i++) {
    if (!(weights[i]! > 0)) continue;
    const u = (x[i]! - crpixX) / scale;
    const v = (y[i]! - crpixY) / scale;
    const root = Math.sqrt(weights[i]!);
    powers.forEach(([p, q], column) => {
      design[column * rows + row] = root * u ** p * v ** q;
    });
    row++;
  }
  return design;
}

function fitPlane(
  design: Float64Array,
  centre: { raDeg: number; decDeg: number },
  raDeg: Float64Array,
  decDeg: Float64Array,
  weights: Float64Array,
  columns: number,
): PlaneFit {
  const rows = design.length / columns;
  const plane = createTanWcs({
    crvalRaDeg: centre.raDeg,
    crvalDecDeg: centre.decDeg,
    crpixX: 0,
    crpixY: 0,
    cd: [1 / DEGREE, 0, 0, 1 / DEGREE],
  });
  const xi = new Float64Array(rows);
  const eta = new Float64Array(rows);
  let row = 0;
  for (let i = 0; i < raDeg.length; i++) {
    if (!(weights[i]! > 0)) continue;
    const position = plane.skyToPixel(raDeg[i]!, decDeg[i]!);
    const root = Math.sqrt(weights[i]!);
    xi[row] = root * position.x;
    eta[row] = root * position.y;
    row++;
  }
  const solution = solveLeastSquares(design.slice(), rows, columns, [xi, eta]);
  if (solution === undefined || !solution.every((terms) => terms.every(Number.isFinite))) {
    throw new AlmagestError(
      "SPHERE.WCS_FIT",
      "The points do not determine the mapping: they lie on one line, or apart on the sky.",
      {
        fields: { rows, columns },
      },
    );
  }
  return { xTerms: solution[0]!, yTerms: solution[1]! };
}

/** CD from the linear terms, SIP terms as CD⁻¹ times the higher ones. */
function createFromPlane(
  plane: PlaneFit,
  centre: { raDeg: number; decDeg: number },
  crpixX: number,
  crpixY: number,
  scale: number,
  order: number,
  powers: readonly (readonly [number, number])[],
): SkyWcs {
  const toDegrees = 1 / (scale * DEGREE);
  const { xTerms, yTerms } = plane;
  const cd = [
    xTerms[1]! * toDegrees,
    xTerms[2]! * toDegrees,
    yTerms[1]! * toDegrees,
    yTerms[2]! * toDegrees,
  ] as const;
  const linear = {
    crvalRaDeg: centre.raDeg,
    crvalDecDeg: centre.decDeg,
    crpixX,
    crpixY,
    cd: [...cd] as [number, number, number, number],
  };
  if (order === 1) return createTanWcs(linear);
  const determinant = cd[0] * cd[3] - cd[1] * cd[2];
  const a = new Float64Array((order + 1) ** 2);
  const b = new Float64Array((order + 1) ** 2);
  powers.forEach(([p, q], index) => {
    if (p + q < 2) return;
    const factor = 1 / (scale ** (p + q) * DEGREE);
    const cx = xTerms[index]! * factor;
    const cy = yTerms[index]! * factor;
    a[p * (order + 1) + q] = (cd[3] * cx - cd[1] * cy) / determinant;
    b[p * (order + 1) + q] = (cd[0] * cy - cd[2] * cx) / determinant;
  });
  return createTanSipWcs({ ...linear, sip: { order, a, b } });
}

function measureResiduals(
  wcs: SkyWcs,
  options: TanSipFitOptions,
  weights: Float64Array,
): Omit<TanSipFit, "wcs" | "pointsUsed" | "degreesOfFreedom"> {
  const { x, y, raDeg, decDeg } = options;
  const count = x.length;
  const residualEastArcsec = new Float64Array(count);
  const residualNorthArcsec = new Float64Array(count);
  wcs.pixelToSkyArrays(x, y, residualEastArcsec, residualNorthArcsec);
  let [east, north, total] = [0, 0, 0];
  const radial: number[] = [];
  for (let i = 0; i < count; i++) {
    let dRa = residualEastArcsec[i]! - raDeg[i]!;
    if (dRa > 180 || dRa < -180) dRa -= 360 * Math.round(dRa / 360);
    const dEast = (dRa * Math.cos(decDeg[i]! * DEGREE) * DEGREE) / ARCSEC;
    const dNorth = ((residualNorthArcsec[i]! - decDeg[i]!) * DEGREE) / ARCSEC;
    residualEastArcsec[i] = dEast;
    residualNorthArcsec[i] = dNorth;
    const weight = weights[i]!;
    if (!(weight > 0)) continue;
    east += weight * dEast * dEast;
    north += weight * dNorth * dNorth;
    total += weight;
    radial.push(Math.hypot(dEast, dNorth));
  }
  radial.sort((a, b) => a - b);
  const middle = radial.length >> 1;
  const medianArcsec =
    radial.length % 2 === 1 ? radial[middle]! : (radial[middle - 1]! + radial[middle]!) / 2;
  return {
    residualEastArcsec,
    residualNorthArcsec,
    rmsEastArcsec: Math.sqrt(east / total),
    rmsNorthArcsec: Math.sqrt(north / total),
    medianArcsec,
  };
}
