import { circlesDisjoint, isEmptyCircle } from "./circle.ts";
import { isEmptyEllipse } from "./ellipse.ts";
import type { IntersectionRegion, Region, UnionRegion } from "./region.ts";
import { relate } from "./relate.ts";
import { CONTAINS, DISJOINT, WITHIN } from "./relationship.ts";
import { boxesIntersect, isEmptyBox } from "./sky-box.ts";

/** Whether two regions overlap: true, false, or undefined where only approximations are known; sphgeom's verdict. */
export function regionsOverlap(a: Region, b: Region): boolean | undefined {
  if (a.kind === "union") return unionOverlaps(a, b);
  if (a.kind === "intersection") return intersectionOverlaps(a, b);
  if (b.kind === "union") return unionOverlaps(b, a);
  if (b.kind === "intersection") return intersectionOverlaps(b, a);
  if (a.kind === "circle" && b.kind === "circle") return !circlesDisjoint(a, b);
  if (a.kind === "box" && b.kind === "box") return boxesIntersect(a, b);
  const relationship = relate(a, b);
  if (relationship & DISJOINT) return false;
  const kinds = new Set([a.kind, b.kind]);
  const isExact = !kinds.has("ellipse") && !(kinds.has("polygon") && kinds.has("box"));
  return isExact || (relationship & (CONTAINS | WITHIN)) !== 0 ? true : undefined;
}

function unionOverlaps(union: UnionRegion, other: Region): boolean | undefined {
  let verdict: boolean | undefined = false;
  for (const part of union.regions) {
    const overlap = regionsOverlap(part, other);
    if (overlap === true) return true;
    if (overlap === undefined) verdict = undefined;
  }
  return verdict;
}

function intersectionOverlaps(intersection: IntersectionRegion, other: Region): boolean | undefined {
  if (intersection.regions.length === 0) return !isEmptyRegion(other);
  return intersection.regions.some((part) => regionsOverlap(part, other) === false) ? false : undefined;
}

/** Whether a region is known to hold nothing. */
export function isEmptyRegion(region: Region): boolean {
  switch (region.kind) {
    case "circle":
      return isEmptyCircle(region);
    case "box":
      return isEmptyBox(region);
    case "ellipse":
      return isEmptyEllipse(region);
    case "polygon":
      return false;
    case "union":
      return region.regions.every(isEmptyRegion);
    case "intersection": {
      const { regions } = region;
      if (regions.length === 0) return false;
      if (regions.every(isEmptyRegion)) return true;
      return regions.some((a, i) => regions.slice(i + 1).some((b) => regionsOverlap(a, b) === false));
    }
  }
}
