import { AlmagestError } from "@almagest/base";
import { DEGREE } from "../angle.ts";
import { latitudeOf, longitudeOf, type UnitVector } from "../unit-vector.ts";
import {
  ALL_LONGITUDES,
  clipLongitudes,
  containsLongitude,
  createLongitudeInterval,
  dilateLongitudes,
  isEmptyLongitudes,
  joinLongitudes,
  type LongitudeInterval,
  longitudesDisjoint,
  relateLongitudes,
} from "./longitude-interval.ts";
import type { SkyBox } from "./region.ts";
import { CONTAINS, DISJOINT, INTERSECTS, type Relationship, WITHIN } from "./relationship.ts";

const HALF_PI = 0.5 * Math.PI;

/** The box that holds nothing. */
export const EMPTY_BOX: SkyBox = { kind: "box", lonA: Number.NaN, lonB: Number.NaN, latA: 1, latB: 0 };
/** The whole sphere. */
export const FULL_BOX: SkyBox = { kind: "box", lonA: 0, lonB: 2 * Math.PI, latA: -HALF_PI, latB: HALF_PI };

/** A box from its intervals; latitudes are clipped to the sphere, and one empty interval empties the box. */
export function boxFromIntervals(lon: LongitudeInterval, latA: number, latB: number): SkyBox {
  const low = Math.max(latA, -HALF_PI);
  const high = Math.min(latB, HALF_PI);
  if (!(latA <= latB) || !(low <= high) || isEmptyLongitudes(lon)) return EMPTY_BOX;
  return { kind: "box", lonA: lon.a, lonB: lon.b, latA: low, latB: high };
}

/**
 * The box from one RA eastwards to another, between two declinations, degrees; RA ranges of 360° or more are all the way
 * round. Throws `SPHERE.REGION_INVALID` when RA runs backwards outside [0, 360].
 */
export function createSkyBox(
  raFromDeg: number,
  decFromDeg: number,
  raToDeg: number,
  decToDeg: number,
): SkyBox {
  const lon = createLongitudeInterval(raFromDeg * DEGREE, raToDeg * DEGREE);
  if (lon === undefined) {
    throw new AlmagestError(
      "SPHERE.REGION_INVALID",
      `A box cannot run from RA ${raFromDeg}° to ${raToDeg}°; give both within 0 to 360.`,
      {
        fields: { raFromDeg, raToDeg },
      },
    );
  }
  return boxFromIntervals(lon, decFromDeg * DEGREE, decToDeg * DEGREE);
}

/** The longitudes of a box. */
export function boxLongitudes(box: SkyBox): LongitudeInterval {
  return { a: box.lonA, b: box.lonB };
}

/** Whether a box holds nothing. */
export function isEmptyBox(box: SkyBox): boolean {
  return !(box.latA <= box.latB);
}

/** Whether a box is the whole sphere. */
export function isFullBox(box: SkyBox): boolean {
  return box.lonA === 0 && box.lonB === 2 * Math.PI && box.latA === -HALF_PI && box.latB === HALF_PI;
}

/** Whether a longitude and latitude, radians, are in a box or on its border. */
export function boxContainsLonLat(box: SkyBox, lon: number, lat: number): boolean {
  return box.latA <= lat && lat <= box.latB && containsLongitude(boxLongitudes(box), lon);
}

/** Whether a direction is in a box or on its border. */
export function boxContains(box: SkyBox, v: UnitVector): boolean {
  return boxContainsLonLat(box, longitudeOf(v), latitudeOf(v));
}

/** Whether two boxes have a point in common. */
export function boxesIntersect(p: SkyBox, q: SkyBox): boolean {
  if (isEmptyBox(p) || isEmptyBox(q) || p.latA > q.latB || p.latB < q.latA) return false;
  return !longitudesDisjoint(boxLongitudes(p), boxLongitudes(q));
}

function relateLatitudes(p: SkyBox, q: SkyBox): Relationship {
  if (isEmptyBox(p)) return isEmptyBox(q) ? CONTAINS | DISJOINT | WITHIN : DISJOINT | WITHIN;
  if (isEmptyBox(q)) return CONTAINS | DISJOINT;
  if (p.latA === q.latA && p.latB === q.latB) return CONTAINS | WITHIN;
  if (p.latA > q.latB || p.latB < q.latA) return DISJOINT;
  if (p.latA <= q.latA && p.latB >= q.latB) return CONTAINS;
  return q.latA <= p.latA && q.latB >= p.latB ? WITHIN : INTERSECTS;
}

/** How one box lies to another: disjoint in one coordinate is disjoint; containment must hold in both. */
export function relateBoxes(p: SkyBox, q: SkyBox): Relationship {
  const lon = relateLongitudes(boxLongitudes(p), boxLongitudes(q));
  const lat = relateLatitudes(p, q);
  return (lon & lat & (CONTAINS | WITHIN)) | ((lon | lat) & DISJOINT);
}

/** The smallest box that holds both. */
export function joinBoxes(p: SkyBox, q: SkyBox): SkyBox {
  if (isEmptyBox(q)) return p;
  if (isEmptyBox(p)) return q;
  const lon = joinLongitudes(boxLongitudes(p), boxLongitudes(q));
  return boxFromIntervals(lon, Math.min(p.latA, q.latA), Math.max(p.latB, q.latB));
}

/** The smallest box that holds what is in both. */
export function clipBoxes(p: SkyBox, q: SkyBox): SkyBox {
  if (isEmptyBox(p) || isEmptyBox(q)) return EMPTY_BOX;
  const lon = clipLongitudes(boxLongitudes(p), boxLongitudes(q));
  return boxFromIntervals(lon, Math.max(p.latA, q.latA), Math.min(p.latB, q.latB));
}

/** The box around a point, `halfWidth` of longitude and `halfHeight` of latitude to each side, radians. */
export function boxAround(lon: number, lat: number, halfWidth: number, halfHeight: number): SkyBox {
  return boxFromIntervals(
    dilateLongitudes({ a: lon, b: lon }, halfWidth),
    lat - halfHeight,
    lat + halfHeight,
  );
}

/** Half the range of longitudes of a circle of radius r at a latitude, radians: arcsin(sin r / cos δ). */
export function halfWidthForCircle(r: number, lat: number): number {
  if (r <= 0) return 0;
  if (Math.abs(lat) + r >= HALF_PI) return Math.PI;
  const sine = Math.abs(Math.sin(r) / Math.cos(lat));
  return sine >= 1 ? HALF_PI : Math.asin(sine);
}

/** The same latitudes all the way round, such as the cap that a polygon around a pole needs. */
export function allRoundBox(latA: number, latB: number): SkyBox {
  return boxFromIntervals(ALL_LONGITUDES, latA, latB);
}
