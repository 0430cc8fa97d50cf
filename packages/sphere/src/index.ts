/**
 * @module Sky geometry: positions and angles, WCS (pixel ↔ sky), regions, HTM and HEALPix, sky maps of tracts and patches,
 * time scales, searches by distance. Degrees and arcsec outside, unit vectors and radians inside.
 */
export { angularSeparationArcsec, offsetPosition, wrapDegrees, wrapDifferenceDegrees } from "./angle.ts";
export { SPHERE_ERRORS } from "./errors.ts";
export type { PixelBox } from "./pixel-box.ts";
export { createSkyIndex, type SkyIndex, type SkyNeighbour } from "./sky-index.ts";
export type { SkyWcs } from "./sky-wcs.ts";
export { LEAP_SECONDS, taiMinusUtcSec } from "./times/leap-seconds.ts";
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
