import {
  latitudeOf,
  longitudeOf,
  negateVector,
  squaredChord,
  type UnitVector,
  unitVectorFromRadians,
} from "../unit-vector.ts";
import { maxSquaredChord, minSquaredChord } from "./chord-extremes.ts";
import {
  circleFromAngle,
  circleFromChord,
  EMPTY_CIRCLE,
  FULL_CIRCLE,
  isEmptyCircle,
  isFullCircle,
  squaredChordLengthFor,
} from "./circle.ts";
import {
  containsLongitude,
  isAllLongitudes,
  longitudeAngleTo,
  longitudeCenter,
} from "./longitude-interval.ts";
import type { Circle, SkyBox } from "./region.ts";
import {
  CONTAINS,
  DISJOINT,
  INTERSECTS,
  MAX_ASIN_ERROR,
  MAX_CHORD_ERROR,
  type Relationship,
  WITHIN,
} from "./relationship.ts";
import { boxContainsLonLat, boxLongitudes, isEmptyBox, isFullBox } from "./sky-box.ts";

/** South-west, north-west, south-east, north-east corners of a box. */
function boxCorners(box: SkyBox): UnitVector[] {
  return [
    unitVectorFromRadians(box.lonA, box.latA),
    unitVectorFromRadians(box.lonA, box.latB),
    unitVectorFromRadians(box.lonB, box.latA),
    unitVectorFromRadians(box.lonB, box.latB),
  ];
}

/** How a box lies to a circle. */
export function relateBoxToCircle(box: SkyBox, c: Circle): Relationship {
  if (isEmptyBox(box)) return isEmptyCircle(c) ? CONTAINS | DISJOINT | WITHIN : DISJOINT | WITHIN;
  if (isEmptyCircle(c)) return CONTAINS | DISJOINT;
  if (isFullBox(box)) return isFullCircle(c) ? CONTAINS | WITHIN : CONTAINS;
  if (isFullCircle(c)) return WITHIN;
  const corners = boxCorners(box);
  let inside: boolean | undefined;
  for (const corner of corners) {
    const square = squaredChord(corner, c.center);
    if (Math.abs(square - c.squaredChordLength) < MAX_CHORD_ERROR) return INTERSECTS;
    const here = square < c.squaredChordLength;
    if (inside === undefined) inside = here;
    else if (inside !== here) return INTERSECTS;
  }
  return inside ? relateInside(box, c, corners) : relateOutside(box, c, corners);
}

function meridianNormal(lon: number): UnitVector {
  return { x: -Math.sin(lon), y: Math.cos(lon), z: 0 };
}

/** Smallest angle from a latitude to the two parallels that border a box. */
function angleToParallels(lat: number, box: SkyBox): number {
  return Math.min(Math.abs(lat - box.latA), Math.abs(lat - box.latB));
}

/** All corners are inside the circle: look for border points outside, then for a hole. */
function relateInside(box: SkyBox, c: Circle, corners: readonly UnitVector[]): Relationship {
  const limit = c.squaredChordLength - MAX_CHORD_ERROR;
  if (maxSquaredChord(c.center, corners[1]!, corners[0]!, meridianNormal(box.lonA)) > limit)
    return INTERSECTS;
  if (maxSquaredChord(c.center, corners[3]!, corners[2]!, meridianNormal(box.lonB)) > limit)
    return INTERSECTS;
  const opposite = negateVector(c.center);
  const lon = longitudeOf(opposite);
  const lat = latitudeOf(opposite);
  if (containsLongitude(boxLongitudes(box), lon)) {
    if (squaredChordLengthFor(Math.PI - angleToParallels(lat, box)) > limit) return INTERSECTS;
  }
  return boxContainsLonLat(box, lon, lat) ? INTERSECTS : WITHIN;
}

/** All corners are outside the circle: look for border points inside, then for the circle inside the box. */
function relateOutside(box: SkyBox, c: Circle, corners: readonly UnitVector[]): Relationship {
  const limit = c.squaredChordLength + MAX_CHORD_ERROR;
  if (minSquaredChord(c.center, corners[1]!, corners[0]!, meridianNormal(box.lonA)) < limit)
    return INTERSECTS;
  if (minSquaredChord(c.center, corners[3]!, corners[2]!, meridianNormal(box.lonB)) < limit)
    return INTERSECTS;
  const lon = longitudeOf(c.center);
  const lat = latitudeOf(c.center);
  if (containsLongitude(boxLongitudes(box), lon)) {
    if (squaredChordLengthFor(angleToParallels(lat, box)) < limit) return INTERSECTS;
  }
  return boxContainsLonLat(box, lon, lat) ? CONTAINS : DISJOINT;
}

/** A circle that holds a box: the smallest with its centre on the box's middle meridian, or around a pole for wide boxes. */
export function boxBoundingCircle(box: SkyBox): Circle {
  if (isEmptyBox(box)) return EMPTY_CIRCLE;
  if (isFullBox(box)) return FULL_CIRCLE;
  const lon = boxLongitudes(box);
  const width = longitudeAngleTo(lon.a, lon.b);
  if (width <= Math.PI) return circleOnMeridian(box, width, longitudeCenter(lon));
  const nearNorth = Math.abs(box.latA) <= Math.abs(box.latB);
  let center: UnitVector = { x: 0, y: 0, z: nearNorth ? 1 : -1 };
  let radius = nearNorth ? 0.5 * Math.PI - box.latA : box.latB + 0.5 * Math.PI;
  if (!isAllLongitudes(lon) && 0.5 * width < radius) {
    radius = 0.5 * width;
    center = unitVectorFromRadians(longitudeCenter(lon), 0);
  }
  return circleFromAngle(center, radius + 4 * MAX_ASIN_ERROR);
}

/**
 * On the middle meridian the distances to the southern and to the northern corners each have one minimum, at latitudes
 * atan(tan δ / cos(w/2)), and are equal at atan(cos(w/2) tan(δ̄)); the best centre is where they are equal if that is
 * between the minima, else the minimum of the larger.
 */
function circleOnMeridian(box: SkyBox, width: number, lon: number): Circle {
  const corners = boxCorners(box);
  const cosine = Math.cos(0.5 * width);
  const south = Math.atan(Math.tan(box.latA) / cosine);
  const north = Math.atan(Math.tan(box.latB) / cosine);
  const equal = Math.atan(cosine * Math.tan(0.5 * (box.latA + box.latB)));
  let center = unitVectorFromRadians(lon, equal);
  if (!(south <= equal && equal <= north)) {
    const atSouth = unitVectorFromRadians(lon, south);
    const atNorth = unitVectorFromRadians(lon, north);
    const nearer = squaredChord(atSouth, corners[0]!) < squaredChord(atNorth, corners[1]!);
    center = nearer ? atNorth : atSouth;
  }
  const square = Math.max(...corners.map((corner) => squaredChord(center, corner)));
  return circleFromChord(center, square + 2 * MAX_CHORD_ERROR);
}
