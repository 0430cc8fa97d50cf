import type { PhotoCalib } from "../exposure.ts";

const MAG_PER_LN = 2.5 / Math.LN10;

/** AB magnitude of a flux in nJy: 31.4 − 2.5 log10 f; NaN for a flux that is not positive. */
export function abMagFromNanojansky(fluxNanojansky: number): number {
  return fluxNanojansky > 0 ? 31.4 - 2.5 * Math.log10(fluxNanojansky) : Number.NaN;
}

/** Flux in nJy of an AB magnitude. */
export function nanojanskyFromAbMag(mag: number): number {
  return 10 ** ((31.4 - mag) / 2.5);
}

/** Error in magnitudes of a flux with its error, both in one unit. */
export function magErrorFromFlux(flux: number, fluxErr: number): number {
  return flux > 0 ? (MAG_PER_LN * fluxErr) / flux : Number.NaN;
}

/** Calibrated flux (nJy) of an instrumental flux; `includeScaleError` adds the scale's own error in quadrature. */
export function calibrateFlux(
  calib: PhotoCalib,
  flux: number,
  fluxErr: number,
  includeScaleError = false,
): { readonly flux: number; readonly fluxErr: number } {
  const scale = calib.nanojanskyPerUnit;
  const own = fluxErr * scale;
  return { flux: flux * scale, fluxErr: includeScaleError ? Math.hypot(own, flux * calib.error) : own };
}

/** The scale for a zero point: the AB magnitude of one unit of flux, and its error. */
export function photoCalibFromZeroPoint(zeroPointMag: number, errorMag = 0): PhotoCalib {
  const nanojanskyPerUnit = nanojanskyFromAbMag(zeroPointMag);
  return { nanojanskyPerUnit, error: (nanojanskyPerUnit * errorMag) / MAG_PER_LN };
}

/** The AB magnitude of one unit of flux. */
export function zeroPointMag(calib: PhotoCalib): number {
  return abMagFromNanojansky(calib.nanojanskyPerUnit);
}
