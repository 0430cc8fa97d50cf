import type { UnitVector } from "../unit-vector.ts";
import { boxBoundingCircle } from "./box-circle.ts";
import {
  circleBoundingBox,
  circleContains,
  clipCircles,
  EMPTY_CIRCLE,
  FULL_CIRCLE,
  joinCircles,
} from "./circle.ts";
import { ellipseBoundingCircle, ellipseContains } from "./ellipse.ts";
import { polygonBoundingBox, polygonBoundingCircle } from "./polygon-bounds.ts";
import { polygonContains } from "./polygon-relations.ts";
import type { Circle, Region, SkyBox } from "./region.ts";
import { boxContains, clipBoxes, EMPTY_BOX, FULL_BOX, joinBoxes } from "./sky-box.ts";

/** Whether a region holds a direction, its border included. */
export function regionContains(region: Region, v: UnitVector): boolean {
  switch (region.kind) {
    case "circle":
      return circleContains(region, v);
    case "box":
      return boxContains(region, v);
    case "polygon":
      return polygonContains(region.vertices, v);
    case "ellipse":
      return ellipseContains(region, v);
    case "union":
      return region.regions.some((part) => regionContains(part, v));
    case "intersection":
      return region.regions.every((part) => regionContains(part, v));
  }
}

/** A circle that holds a region. */
export function regionBoundingCircle(region: Region): Circle {
  switch (region.kind) {
    case "circle":
      return region;
    case "box":
      return boxBoundingCircle(region);
    case "polygon":
      return polygonBoundingCircle(region.vertices);
    case "ellipse":
      return ellipseBoundingCircle(region);
    case "union":
      return foldBounds(region.regions.map(regionBoundingCircle), joinCircles, EMPTY_CIRCLE);
    case "intersection":
      return foldBounds(region.regions.map(regionBoundingCircle), clipCircles, FULL_CIRCLE);
  }
}

/** A box of longitude and latitude that holds a region. */
export function regionBoundingBox(region: Region): SkyBox {
  switch (region.kind) {
    case "circle":
      return circleBoundingBox(region);
    case "box":
      return region;
    case "polygon":
      return polygonBoundingBox(region.vertices);
    case "ellipse":
      return circleBoundingBox(ellipseBoundingCircle(region));
    case "union":
      return foldBounds(region.regions.map(regionBoundingBox), joinBoxes, EMPTY_BOX);
    case "intersection":
      return foldBounds(region.regions.map(regionBoundingBox), clipBoxes, FULL_BOX);
  }
}

function foldBounds<T>(bounds: readonly T[], combine: (a: T, b: T) => T, none: T): T {
  return bounds.length === 0 ? none : bounds.reduce(combine);
}
