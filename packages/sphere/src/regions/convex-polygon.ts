import { AlmagestError } from "@almagest/base";
import { createUnitVector, equalVectors, negateVector, type UnitVector } from "../unit-vector.ts";
import { orientation } from "./orientation.ts";
import type { ConvexPolygon } from "./region.ts";

function invalid(reason: string, count: number): AlmagestError {
  return new AlmagestError(
    "SPHERE.REGION_INVALID",
    `${count} points do not make a convex polygon: ${reason}.`,
    {
      fields: { count },
    },
  );
}

/** The convex hull of positions in degrees; throws as `convexHull`. */
export function createConvexPolygon(points: readonly { raDeg: number; decDeg: number }[]): ConvexPolygon {
  return convexHull(points.map(({ raDeg, decDeg }) => createUnitVector(raDeg, decDeg)));
}

/**
 * The convex hull of directions, built one point at a time; the order of its vertices is sphgeom's. Throws
 * `SPHERE.REGION_INVALID` for fewer than three distinct points that are not on one great circle, or for points that do not
 * fit into half a sphere.
 */
export function convexHull(points: readonly UnitVector[]): ConvexPolygon {
  const { hull, rest } = findTriangle(points);
  for (const point of rest) addToHull(hull, point, points.length);
  return { kind: "polygon", vertices: hull };
}

/** The first three points that turn counter-clockwise (two exchanged where they turn the other way), and the points after. */
function findTriangle(points: readonly UnitVector[]): { hull: UnitVector[]; rest: readonly UnitVector[] } {
  const count = points.length;
  const first = points[0];
  const next = points.findIndex((point) => first !== undefined && !equalVectors(point, first));
  if (first === undefined || next < 0) throw invalid("fewer than three are distinct", count);
  let [a, b] = [first, points[next]!];
  if (equalVectors(a, negateVector(b))) throw invalid("two are opposite each other", count);
  for (let i = next + 1; i < count; i++) {
    const point = points[i]!;
    const turn = orientation(a, b, point);
    if (turn !== 0) return { hull: turn > 0 ? [a, b, point] : [b, a, point], rest: points.slice(i + 1) };
    if (equalVectors(point, a) || equalVectors(point, b)) continue;
    // On one great circle: keep the two that are farthest apart.
    const apart = dot(a, b);
    if (dot(a, point) < apart && dot(a, point) <= dot(b, point)) b = point;
    else if (dot(b, point) < apart) a = point;
    if (equalVectors(a, negateVector(b))) throw invalid("two are opposite each other", count);
  }
  throw invalid("all are on one great circle", count);
}

function dot(a: UnitVector, b: UnitVector): number {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

/**
 * Puts a point into the hull. The edges that do not have the point on their left form one run; the point goes before the
 * vertex that ends the run's first edge, and all vertices that end the run's edges but the last are dropped.
 */
function addToHull(hull: UnitVector[], point: UnitVector, count: number): void {
  const n = hull.length;
  const isLeft = hull.map((vertex, k) => orientation(point, hull[(k + n - 1) % n]!, vertex) > 0);
  if (isLeft.every((left) => left)) return;
  if (!isLeft.some((left) => left)) throw invalid("they do not fit into half a sphere", count);
  const first = isLeft.findIndex((left, k) => !left && isLeft[(k + n - 1) % n]!);
  const last = isLeft.findIndex((left, k) => !left && isLeft[(k + 1) % n]!);
  if (last < first) hull.splice(0, n, ...hull.slice(last, first), point);
  else if (last === first && first === 0) hull.push(point);
  else hull.splice(first, last - first, point);
}
