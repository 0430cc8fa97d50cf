/**
 * @module Sky geometry: positions and angles, WCS (pixel ↔ sky), regions, HTM and HEALPix, sky maps of tracts and patches,
 * time scales, searches by distance. Degrees and arcsec outside, unit vectors and radians inside.
 */
export { angularSeparationArcsec, offsetPosition, wrapDegrees, wrapDifferenceDegrees } from "./angle.ts";
export { SPHERE_ERRORS } from "./errors.ts";
export type { PixelBox } from "./pixel-box.ts";
export { createHealpixPixelization, type HealpixPixelization } from "./pixels/healpix.ts";
export { createHtmPixelization, type HtmPixelization, htmLevelOf } from "./pixels/htm.ts";
export {
  countPixels,
  intersectRanges,
  joinRanges,
  listPixels,
  type PixelRanges,
  rangesContain,
  rangesOfPixels,
} from "./pixels/range-set.ts";
export { boxRegion } from "./regions/box-region.ts";
export { circleFromAngle, createCircle } from "./regions/circle.ts";
export { convexHull, createConvexPolygon } from "./regions/convex-polygon.ts";
export { createEllipse } from "./regions/ellipse.ts";
export { isEmptyRegion, regionsOverlap } from "./regions/overlap.ts";
export { polygonCentroid } from "./regions/polygon-bounds.ts";
export {
  type Circle,
  type ConvexPolygon,
  createIntersection,
  createUnion,
  type Ellipse,
  type IntersectionRegion,
  type Region,
  type SkyBox,
  type UnionRegion,
} from "./regions/region.ts";
export { regionBoundingBox, regionBoundingCircle, regionContains } from "./regions/region-bounds.ts";
export { decodeRegion, encodeRegion, regionFromBase64, regionToBase64 } from "./regions/region-bytes.ts";
export { type RegionRelation, relateRegions } from "./regions/relate.ts";
export { createSkyBox } from "./regions/sky-box.ts";
export { createSkyIndex, type SkyIndex, type SkyNeighbour } from "./sky-index.ts";
export type { SkyWcs } from "./sky-wcs.ts";
export { createSkyMap, type SkyMap } from "./skymaps/sky-map.ts";
export type {
  CellPatches,
  DiscreteSkyMapConfig,
  HealpixSkyMapConfig,
  PlainPatches,
  RingsSkyMapConfig,
  SkyMapConfig,
} from "./skymaps/sky-map-config.ts";
export type { Patch, Tract } from "./skymaps/tract.ts";
export { LEAP_SECONDS, taiMinusUtcSec } from "./times/leap-seconds.ts";
export { parseTaiNs } from "./times/parse-time.ts";
export {
  clampTaiNs,
  isoToTaiNs,
  mjdToTaiNs,
  TAI_NS_MAX,
  TAI_NS_MIN,
  type TimeScale,
  taiNsToIso,
  taiNsToMjd,
  taiNsToUnix,
  unixToTaiNs,
} from "./times/tai-time.ts";
export { createUnitVector, type UnitVector, vectorToSky } from "./unit-vector.ts";
export { fitTanSip, type TanSipFit, type TanSipFitOptions } from "./wcs/fit-tan-sip.ts";
export type { HeaderLookup } from "./wcs/header-values.ts";
export { parseWcs } from "./wcs/parse-wcs.ts";
export { shiftWcs } from "./wcs/shift-wcs.ts";
export type { SipCoefficients } from "./wcs/sip-distortion.ts";
export { createTanSipWcs, createTanWcs, type TanSipWcsOptions, type TanWcsOptions } from "./wcs/tan-wcs.ts";
