import type { Box } from "@almagest/images";
import {
  type ConvexPolygon,
  convexHull,
  createUnitVector,
  type SkyWcs,
  type UnitVector,
} from "@almagest/sphere";

/** The directions of a detector's corners, its pixel box grown by a margin. */
export function detectorCorners(wcs: SkyWcs, bbox: Box, marginPixels: number): UnitVector[] {
  const x0 = bbox.x0 - 0.5 - marginPixels;
  const y0 = bbox.y0 - 0.5 - marginPixels;
  const x1 = bbox.x0 + bbox.width - 0.5 + marginPixels;
  const y1 = bbox.y0 + bbox.height - 0.5 + marginPixels;
  const corners: readonly (readonly [number, number])[] = [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
  ];
  return corners.map(([x, y]) => {
    const { raDeg, decDeg } = wcs.pixelToSky(x, y);
    return createUnitVector(raDeg, decDeg);
  });
}

/** The region that a detector sees, grown by a margin. */
export function detectorRegion(wcs: SkyWcs, bbox: Box, marginPixels: number): ConvexPolygon {
  return convexHull(detectorCorners(wcs, bbox, marginPixels));
}
