import { AlmagestError } from "@almagest/base";
import type { ApertureCorrection } from "../exposure.ts";
import { evaluateChebyshev } from "./chebyshev.ts";

/** The factor for one flux column at a pixel position; throws `IMAGES.APERTURE_CORRECTION_UNKNOWN`. */
export function apertureCorrectionAt(
  correction: ApertureCorrection,
  flux: string,
  x: number,
  y: number,
): number {
  const coefficients = correction.coefficients.get(flux);
  if (!coefficients) {
    throw new AlmagestError(
      "IMAGES.APERTURE_CORRECTION_UNKNOWN",
      `There is no aperture correction for ${flux}; there are ${[...correction.coefficients.keys()].join(", ") || "none"}.`,
      { fields: { flux } },
    );
  }
  return evaluateChebyshev(coefficients, correction.bbox, x, y);
}
