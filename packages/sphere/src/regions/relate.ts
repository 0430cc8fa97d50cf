import { relateBoxToCircle } from "./box-circle.ts";
import { relateCircles } from "./circle.ts";
import { ellipseBoundingCircle } from "./ellipse.ts";
import { relatePolygons, relatePolygonToBox, relatePolygonToCircle } from "./polygon-relations.ts";
import type { Ellipse, IntersectionRegion, Region, SimpleRegion, UnionRegion } from "./region.ts";
import { CONTAINS, DISJOINT, invertRelationship, type Relationship, WITHIN } from "./relationship.ts";
import { relateBoxes } from "./sky-box.ts";

/** How one region lies to another: what is certain of them; all three false means they intersect or may intersect. */
export interface RegionRelation {
  readonly disjoint: boolean;
  /** The first contains the second. */
  readonly contains: boolean;
  /** The first is within the second. */
  readonly within: boolean;
}

/** How region `a` lies to region `b`, with sphgeom's verdicts. */
export function relateRegions(a: Region, b: Region): RegionRelation {
  const bits = relate(a, b);
  return {
    disjoint: (bits & DISJOINT) !== 0,
    contains: (bits & CONTAINS) !== 0,
    within: (bits & WITHIN) !== 0,
  };
}

/** How region `a` lies to region `b`, as bits. */
export function relate(a: Region, b: Region): Relationship {
  if (a.kind === "union") return relateUnion(a, b);
  if (a.kind === "intersection") return relateIntersection(a, b);
  if (b.kind === "union" || b.kind === "intersection") return invertRelationship(relate(b, a));
  return relateSimple(a, b);
}

function relateSimple(a: SimpleRegion, b: SimpleRegion): Relationship {
  if (a.kind === "ellipse") return relateEllipse(a, b);
  if (b.kind === "ellipse") return invertRelationship(relateEllipse(b, a));
  if (a.kind === "polygon") {
    if (b.kind === "polygon") return relatePolygons(a.vertices, b.vertices);
    return b.kind === "circle" ? relatePolygonToCircle(a.vertices, b) : relatePolygonToBox(a.vertices, b);
  }
  if (b.kind === "polygon") return invertRelationship(relateSimple(b, a));
  if (a.kind === "box") return b.kind === "box" ? relateBoxes(a, b) : relateBoxToCircle(a, b);
  return b.kind === "circle" ? relateCircles(a, b) : invertRelationship(relateBoxToCircle(b, a));
}

/** Ellipses are judged by their bounding circles: only DISJOINT and WITHIN are certain, between two only DISJOINT. */
function relateEllipse(e: Ellipse, other: SimpleRegion): Relationship {
  const circle = ellipseBoundingCircle(e);
  if (other.kind === "ellipse") return relateCircles(circle, ellipseBoundingCircle(other)) & DISJOINT;
  return relateSimple(circle, other) & (DISJOINT | WITHIN);
}

/** A union is disjoint or within where all its parts are, and contains what any part contains. */
function relateUnion(union: UnionRegion, other: Region): Relationship {
  if (union.regions.length === 0) return DISJOINT;
  let all = DISJOINT | WITHIN;
  let any = 0;
  for (const part of union.regions) {
    const relationship = relate(part, other);
    all &= relationship;
    any |= relationship & CONTAINS;
  }
  return all | any;
}

/** An intersection contains what all its parts contain, and is disjoint or within where any part is. */
function relateIntersection(intersection: IntersectionRegion, other: Region): Relationship {
  let all = CONTAINS;
  let any = 0;
  for (const part of intersection.regions) {
    const relationship = relate(part, other);
    all &= relationship;
    any |= relationship & (DISJOINT | WITHIN);
  }
  return all | any;
}
