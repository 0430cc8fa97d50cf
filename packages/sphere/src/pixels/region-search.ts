import { ellipseBoundingCircle } from "../regions/ellipse.ts";
import { relatePolygons, relatePolygonToBox, relatePolygonToCircle } from "../regions/polygon-relations.ts";
import type { Circle, ConvexPolygon, Region, SkyBox } from "../regions/region.ts";
import type { Relationship } from "../regions/relationship.ts";
import type { UnitVector } from "../unit-vector.ts";
import { intersectRanges, joinRanges, type PixelRanges } from "./range-set.ts";

/** A region that pixels are compared with directly. */
export type SearchRegion = Circle | SkyBox | ConvexPolygon;

/** How a pixel, given by its vertices, lies to a region. */
export function relatePixel(vertices: readonly UnitVector[], region: SearchRegion): Relationship {
  if (region.kind === "circle") return relatePolygonToCircle(vertices, region);
  return region.kind === "box"
    ? relatePolygonToBox(vertices, region)
    : relatePolygons(vertices, region.vertices);
}

/**
 * The pixels of any region from a search for those of simple ones: parts of unions are joined, parts of intersections
 * intersected, ellipses taken by their bounding circles.
 */
export function searchRegion(
  region: Region,
  universe: PixelRanges,
  search: (region: SearchRegion) => PixelRanges,
): PixelRanges {
  switch (region.kind) {
    case "union":
      return region.regions.reduce<PixelRanges>(
        (sum, part) => joinRanges(sum, searchRegion(part, universe, search)),
        [],
      );
    case "intersection":
      return region.regions.reduce(
        (common, part) => intersectRanges(common, searchRegion(part, universe, search)),
        universe,
      );
    case "ellipse":
      return search(ellipseBoundingCircle(region));
    default:
      return search(region);
  }
}
