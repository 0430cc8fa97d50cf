import { CONTAINS, DISJOINT, INTERSECTS, type Relationship, WITHIN } from "./relationship.ts";

/** A range of longitudes in [0, 2π], eastwards from a to b, wrapping where a > b; NaN when empty, [0, 2π] when full. */
export interface LongitudeInterval {
  readonly a: number;
  readonly b: number;
}

const TWO_PI = 2 * Math.PI;

const EMPTY_LONGITUDES: LongitudeInterval = { a: Number.NaN, b: Number.NaN };
/** All the way round. */
export const ALL_LONGITUDES: LongitudeInterval = { a: 0, b: TWO_PI };

/** An angle brought into [0, 2π]. */
function normalizeLongitude(angle: number): number {
  if (angle < 0) return (angle % TWO_PI) + TWO_PI;
  return angle > TWO_PI ? angle % TWO_PI : angle;
}

/** The interval from a to b, which may be any angles with a ≤ b, or longitudes of which a > b wraps; undefined otherwise. */
export function createLongitudeInterval(a: number, b: number): LongitudeInterval | undefined {
  if (Number.isNaN(a) || Number.isNaN(b)) return EMPTY_LONGITUDES;
  const isLongitude = (angle: number): boolean => angle >= 0 && angle <= TWO_PI;
  if (!isLongitude(a) || !isLongitude(b)) {
    if (a > b) return undefined;
    if (b - a >= TWO_PI) return ALL_LONGITUDES;
  }
  return { a: normalizeLongitude(a), b: normalizeLongitude(b) };
}

/** Whether an interval holds no longitude. */
export function isEmptyLongitudes(i: LongitudeInterval): boolean {
  return Number.isNaN(i.a) || Number.isNaN(i.b);
}

/** Whether an interval is the whole circle. */
export function isAllLongitudes(i: LongitudeInterval): boolean {
  return i.a === 0 && i.b === TWO_PI;
}

/** Whether a longitude is in an interval, its ends included. */
export function containsLongitude(i: LongitudeInterval, lon: number): boolean {
  return i.a > i.b ? lon <= i.b || i.a <= lon : i.a <= lon && lon <= i.b;
}

/** The angle going eastwards from one longitude to another. */
export function longitudeAngleTo(from: number, to: number): number {
  const difference = to - from;
  return difference < 0 ? TWO_PI + difference : difference;
}

/** The middle of an interval. */
export function longitudeCenter(i: LongitudeInterval): number {
  const mean = 0.5 * (i.a + i.b);
  if (i.a <= i.b) return mean;
  return mean < Math.PI ? mean + Math.PI : mean - Math.PI;
}

/** Whether two intervals have no longitude in common. */
export function longitudesDisjoint(i: LongitudeInterval, j: LongitudeInterval): boolean {
  if (isEmptyLongitudes(i) || isEmptyLongitudes(j)) return true;
  if (j.a > j.b) return i.a > i.b ? false : j.a > i.b && j.b < i.a;
  if (i.a > i.b) return i.a > j.b && i.b < j.a;
  return j.b < i.a || j.a > i.b;
}

/** How one interval lies to another. */
export function relateLongitudes(i: LongitudeInterval, j: LongitudeInterval): Relationship {
  if (isEmptyLongitudes(i)) return isEmptyLongitudes(j) ? CONTAINS | DISJOINT | WITHIN : DISJOINT | WITHIN;
  if (isEmptyLongitudes(j)) return CONTAINS | DISJOINT;
  if (i.a === j.a && i.b === j.b) return CONTAINS | WITHIN;
  const iWraps = i.a > i.b;
  const jWraps = j.a > j.b;
  if (iWraps === jWraps) {
    if (i.a <= j.a && i.b >= j.b) return CONTAINS;
    if (i.a >= j.a && i.b <= j.b) return WITHIN;
    return iWraps || (i.a <= j.b && i.b >= j.a) ? INTERSECTS : DISJOINT;
  }
  if (iWraps) {
    if (isAllLongitudes(j)) return WITHIN;
    if (i.a <= j.a || i.b >= j.b) return CONTAINS;
    return i.a > j.b && i.b < j.a ? DISJOINT : INTERSECTS;
  }
  if (isAllLongitudes(i)) return CONTAINS;
  if (j.a <= i.a || j.b >= i.b) return WITHIN;
  return j.a > i.b && j.b < i.a ? DISJOINT : INTERSECTS;
}

/** The smallest interval that holds both. */
export function joinLongitudes(i: LongitudeInterval, j: LongitudeInterval): LongitudeInterval {
  if (isEmptyLongitudes(j)) return i;
  if (isEmptyLongitudes(i)) return j;
  if (containsLongitude(i, j.a)) {
    if (containsLongitude(i, j.b)) return i.a > i.b !== j.a > j.b ? ALL_LONGITUDES : i;
    return { a: i.a, b: j.b };
  }
  if (containsLongitude(i, j.b)) return { a: j.a, b: i.b };
  if (containsLongitude(j, i.a)) return j;
  return longitudeAngleTo(i.b, j.a) < longitudeAngleTo(j.b, i.a) ? { a: i.a, b: j.b } : { a: j.a, b: i.b };
}

/** The smallest interval that holds all that is in both (which may be two pieces). */
export function clipLongitudes(i: LongitudeInterval, j: LongitudeInterval): LongitudeInterval {
  if (isEmptyLongitudes(j)) return EMPTY_LONGITUDES;
  if (containsLongitude(i, j.a)) {
    if (!containsLongitude(i, j.b)) return { a: j.a, b: i.b };
    return longitudeAngleTo(i.a, i.b) >= longitudeAngleTo(j.a, j.b) ? j : i;
  }
  if (containsLongitude(i, j.b)) return { a: i.a, b: j.b };
  return containsLongitude(j, i.a) ? i : EMPTY_LONGITUDES;
}

/** The interval grown by an angle ≥ 0 at both ends. */
export function dilateLongitudes(i: LongitudeInterval, angle: number): LongitudeInterval {
  if (isEmptyLongitudes(i) || isAllLongitudes(i) || !(angle > 0)) return i;
  if (angle >= Math.PI) return ALL_LONGITUDES;
  let a = i.a - angle;
  let b = i.b + angle;
  if (i.a > i.b) {
    if (a <= b) return ALL_LONGITUDES;
  } else {
    if (a < 0) {
      a += TWO_PI;
      if (a <= b) return ALL_LONGITUDES;
    }
    if (b > TWO_PI) {
      b -= TWO_PI;
      if (a <= b) return ALL_LONGITUDES;
    }
  }
  return createLongitudeInterval(a, b) ?? ALL_LONGITUDES;
}
