import { negateVector, robustCross, squaredChord, type UnitVector } from "../unit-vector.ts";
import { maxSquaredChord, minSquaredChord } from "./chord-extremes.ts";
import { isEmptyCircle, isFullCircle } from "./circle.ts";
import { orientation } from "./orientation.ts";
import { polygonBoundingBox } from "./polygon-bounds.ts";
import type { Circle, SkyBox } from "./region.ts";
import {
  CONTAINS,
  DISJOINT,
  INTERSECTS,
  MAX_CHORD_ERROR,
  type Relationship,
  WITHIN,
} from "./relationship.ts";
import { relateBoxes } from "./sky-box.ts";

type Vertices = readonly UnitVector[];

/** Whether a direction is inside a polygon or on its border; exact. */
export function polygonContains(vertices: Vertices, v: UnitVector): boolean {
  let previous = vertices[vertices.length - 1]!;
  for (const vertex of vertices) {
    if (orientation(v, previous, vertex) < 0) return false;
    previous = vertex;
  }
  return true;
}

/** How a polygon lies to a box, judged by the polygon's bounding box: only DISJOINT and WITHIN are certain. */
export function relatePolygonToBox(vertices: Vertices, box: SkyBox): Relationship {
  return relateBoxes(polygonBoundingBox(vertices), box) & (DISJOINT | WITHIN);
}

/** How a polygon lies to a circle. */
export function relatePolygonToCircle(vertices: Vertices, c: Circle): Relationship {
  if (isEmptyCircle(c)) return CONTAINS | DISJOINT;
  if (isFullCircle(c)) return WITHIN;
  let inside: boolean | undefined;
  for (const vertex of vertices) {
    const square = squaredChord(vertex, c.center);
    if (Math.abs(square - c.squaredChordLength) < MAX_CHORD_ERROR) return INTERSECTS;
    const here = square < c.squaredChordLength;
    if (inside === undefined) inside = here;
    else if (inside !== here) return INTERSECTS;
  }
  // All vertices are on one side; an edge may still bulge across, and a circle may lie inside, or punch a hole.
  let previous = vertices[vertices.length - 1]!;
  for (const vertex of vertices) {
    const normal = robustCross(previous, vertex);
    if (inside) {
      if (maxSquaredChord(c.center, previous, vertex, normal) > c.squaredChordLength - MAX_CHORD_ERROR)
        return INTERSECTS;
    } else if (minSquaredChord(c.center, previous, vertex, normal) < c.squaredChordLength + MAX_CHORD_ERROR) {
      return INTERSECTS;
    }
    previous = vertex;
  }
  if (inside) return polygonContains(vertices, negateVector(c.center)) ? INTERSECTS : WITHIN;
  return polygonContains(vertices, c.center) ? CONTAINS : DISJOINT;
}

/** How one polygon lies to another. */
export function relatePolygons(p: Vertices, q: Vertices): Relationship {
  let [allP, anyP, allQ, anyQ] = [true, false, true, false];
  for (const vertex of p) {
    if (polygonContains(q, vertex)) anyP = true;
    else allP = false;
  }
  for (const vertex of q) {
    if (polygonContains(p, vertex)) anyQ = true;
    else allQ = false;
  }
  if (allP || allQ) return (allP ? WITHIN : 0) | (allQ ? CONTAINS : 0);
  if (anyP || anyQ) return INTERSECTS;
  return hasCrossingEdges(p, q) ? INTERSECTS : DISJOINT;
}

function hasCrossingEdges(p: Vertices, q: Vertices): boolean {
  let a = p[p.length - 1]!;
  for (const b of p) {
    let c = q[q.length - 1]!;
    for (const d of q) {
      const acd = orientation(a, c, d);
      if (
        acd !== 0 &&
        orientation(b, d, c) === acd &&
        orientation(c, b, a) === acd &&
        orientation(d, a, b) === acd
      ) {
        return true;
      }
      c = d;
    }
    a = b;
  }
  return false;
}
