import type { PixelBox } from "../pixel-box.ts";
import type { SkyWcs } from "../sky-wcs.ts";
import { createConvexPolygon } from "./convex-polygon.ts";
import type { ConvexPolygon } from "./region.ts";

/**
 * The polygon on the sky of a box of whole pixels: the outer corners of its corner pixels, moved outwards by `growPixels`.
 * Throws `SPHERE.REGION_INVALID` where the WCS does not reach the corners or folds them.
 */
export function boxRegion(wcs: SkyWcs, box: PixelBox, growPixels = 0): ConvexPolygon {
  const left = box.x0 - 0.5 - growPixels;
  const bottom = box.y0 - 0.5 - growPixels;
  const right = box.x0 + box.width - 0.5 + growPixels;
  const top = box.y0 + box.height - 0.5 + growPixels;
  const corners = [
    [left, bottom],
    [right, bottom],
    [right, top],
    [left, top],
  ] as const;
  return createConvexPolygon(corners.map(([x, y]) => wcs.pixelToSky(x, y)));
}
