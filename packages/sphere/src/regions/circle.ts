import { ARCSEC } from "../angle.ts";
import {
  angleBetween,
  createUnitVector,
  crossVectors,
  equalVectors,
  latitudeOf,
  longitudeOf,
  normalizeVector,
  squaredChord,
  type UnitVector,
} from "../unit-vector.ts";
import type { Circle, SkyBox } from "./region.ts";
import { CONTAINS, DISJOINT, INTERSECTS, MAX_ASIN_ERROR, type Relationship, WITHIN } from "./relationship.ts";
import { boxAround, EMPTY_BOX, halfWidthForCircle } from "./sky-box.ts";

const NORTH: UnitVector = { x: 0, y: 0, z: 1 };

/** The circle that holds nothing. */
export const EMPTY_CIRCLE: Circle = {
  kind: "circle",
  center: NORTH,
  squaredChordLength: -1,
  openingAngleRad: -1,
};
/** The whole sphere. */
export const FULL_CIRCLE: Circle = {
  kind: "circle",
  center: NORTH,
  squaredChordLength: 4,
  openingAngleRad: Math.PI,
};

/** Squared chord length of an opening angle: 4 sin²(θ/2); −1 below 0, 4 from π on. */
export function squaredChordLengthFor(angleRad: number): number {
  if (angleRad < 0) return -1;
  if (angleRad >= Math.PI) return 4;
  const sine = Math.sin(0.5 * angleRad);
  return 4 * sine * sine;
}

/** A circle from its centre and opening angle in radians. */
export function circleFromAngle(center: UnitVector, openingAngleRad: number): Circle {
  return {
    kind: "circle",
    center,
    squaredChordLength: squaredChordLengthFor(openingAngleRad),
    openingAngleRad,
  };
}

/** A circle from its centre and squared chord length. */
export function circleFromChord(center: UnitVector, squaredChordLength: number): Circle {
  const openingAngleRad =
    squaredChordLength < 0
      ? -1
      : squaredChordLength >= 4
        ? Math.PI
        : 2 * Math.asin(0.5 * Math.sqrt(squaredChordLength));
  return { kind: "circle", center, squaredChordLength, openingAngleRad };
}

/** A circle on the sky: its centre in degrees, its radius in arcsec. */
export function createCircle(raDeg: number, decDeg: number, radiusArcsec: number): Circle {
  return circleFromAngle(createUnitVector(raDeg, decDeg), radiusArcsec * ARCSEC);
}

/** Whether a circle holds nothing. */
export function isEmptyCircle(c: Circle): boolean {
  return !(c.squaredChordLength >= 0);
}

/** Whether a circle is the whole sphere. */
export function isFullCircle(c: Circle): boolean {
  return c.squaredChordLength >= 4;
}

/** Whether a direction is in a circle or on its border. */
export function circleContains(c: Circle, v: UnitVector): boolean {
  return isFullCircle(c) || squaredChord(v, c.center) <= c.squaredChordLength;
}

function equalCircles(c: Circle, d: Circle): boolean {
  return (
    equalVectors(c.center, d.center) &&
    c.squaredChordLength === d.squaredChordLength &&
    c.openingAngleRad === d.openingAngleRad
  );
}

/** Whether two circles have nothing in common, for certain. */
export function circlesDisjoint(c: Circle, d: Circle): boolean {
  if (isEmptyCircle(c) || isEmptyCircle(d)) return true;
  if (isFullCircle(c) || isFullCircle(d)) return false;
  return angleBetween(c.center, d.center) > c.openingAngleRad + d.openingAngleRad + 4 * MAX_ASIN_ERROR;
}

/** How one circle lies to another. */
export function relateCircles(c: Circle, d: Circle): Relationship {
  if (isEmptyCircle(c)) return isEmptyCircle(d) ? CONTAINS | DISJOINT | WITHIN : DISJOINT | WITHIN;
  if (isEmptyCircle(d)) return CONTAINS | DISJOINT;
  if (isFullCircle(c)) return isFullCircle(d) ? CONTAINS | WITHIN : CONTAINS;
  if (isFullCircle(d)) return WITHIN;
  if (equalCircles(c, d)) return CONTAINS | WITHIN;
  const apart = angleBetween(c.center, d.center);
  if (apart > c.openingAngleRad + d.openingAngleRad + 4 * MAX_ASIN_ERROR) return DISJOINT;
  if (apart + d.openingAngleRad + 4 * MAX_ASIN_ERROR <= c.openingAngleRad) return CONTAINS;
  if (apart + c.openingAngleRad + 4 * MAX_ASIN_ERROR <= d.openingAngleRad) return WITHIN;
  return INTERSECTS;
}

/** The smallest box that holds a circle, a little larger for rounding. */
export function circleBoundingBox(c: Circle): SkyBox {
  if (isEmptyCircle(c)) return EMPTY_BOX;
  const lat = latitudeOf(c.center);
  const height = c.openingAngleRad + 2 * MAX_ASIN_ERROR;
  return boxAround(longitudeOf(c.center), lat, halfWidthForCircle(height, lat) + MAX_ASIN_ERROR, height);
}

/** A direction at right angles to two vectors (to the first alone where they are parallel). */
function orthogonalTo(a: UnitVector, b: UnitVector): UnitVector {
  const sum = { x: a.x + b.x, y: a.y + b.y, z: a.z + b.z };
  const normal = crossVectors(sum, { x: b.x - a.x, y: b.y - a.y, z: b.z - a.z });
  if (normal.x !== 0 || normal.y !== 0 || normal.z !== 0)
    return normalizeVector(normal.x, normal.y, normal.z);
  return Math.abs(a.x) > Math.abs(a.y) ? normalizeVector(-a.z, 0, a.x) : normalizeVector(0, a.z, -a.y);
}

/** The smallest circle that holds both. */
export function joinCircles(c: Circle, d: Circle): Circle {
  if (isEmptyCircle(c) || isFullCircle(d)) return d;
  if (isEmptyCircle(d) || isFullCircle(c)) return c;
  const apart = angleBetween(c.center, d.center);
  if (apart + d.openingAngleRad + 4 * MAX_ASIN_ERROR <= c.openingAngleRad) return c;
  if (apart + c.openingAngleRad + 4 * MAX_ASIN_ERROR <= d.openingAngleRad) return d;
  const half = 0.5 * (apart + c.openingAngleRad + d.openingAngleRad);
  if (half + 2 * MAX_ASIN_ERROR >= Math.PI) return FULL_CIRCLE;
  const normal = orthogonalTo(c.center, d.center);
  const turn = half - c.openingAngleRad;
  const side = crossVectors(normal, c.center);
  const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
  const center = normalizeVector(
    c.center.x * cosine + side.x * sine,
    c.center.y * cosine + side.y * sine,
    c.center.z * cosine + side.z * sine,
  );
  return circleFromAngle(center, half + MAX_ASIN_ERROR);
}

/** A circle that holds what is in both: the smaller of the two. */
export function clipCircles(c: Circle, d: Circle): Circle {
  if (isEmptyCircle(c) || isFullCircle(d)) return c;
  if (isFullCircle(c) || isEmptyCircle(d)) return d;
  if (circlesDisjoint(c, d)) return EMPTY_CIRCLE;
  return d.openingAngleRad < c.openingAngleRad ? d : c;
}
