import type { Random } from "@almagest/base";

/** The point spread function of one visit: FWHM and ellipticity over the field. */
export interface VisitPsf {
  /** FWHM at the field centre. */
  readonly fwhmArcsec: number;
  /** Coefficients of the relative FWHM: x, y, x², xy, y² of field positions scaled to the camera's corner radius. */
  readonly fwhmTerms: readonly number[];
  /** Constant, x and y terms of the ellipticity components along the detector's axes (e1) and its diagonals (e2). */
  readonly e1Terms: readonly number[];
  readonly e2Terms: readonly number[];
}

/** The shape at one place: FWHM and ellipticity (difference of the axes' squares over their sum). */
export interface PsfShape {
  readonly fwhmArcsec: number;
  readonly e1: number;
  readonly e2: number;
}

/** Draws a visit's PSF: optics make it grow a few per cent outwards and stretch it by a few per cent. */
export function createVisitPsf(fwhmArcsec: number, random: Random): VisitPsf {
  const terms = (scale: readonly number[]): number[] => scale.map((sigma) => sigma * random.normal());
  const [x, y, , xy] = terms([0.012, 0.012, 0, 0.01]) as [number, number, number, number];
  const outward = 0.03 * (0.6 + 0.8 * random.uniform());
  return {
    fwhmArcsec,
    fwhmTerms: [x, y, outward, xy, outward],
    e1Terms: terms([0.02, 0.015, 0.015]),
    e2Terms: terms([0.02, 0.015, 0.015]),
  };
}

/** The shape at a field position, in units of the camera's corner radius. */
export function psfShapeAt(psf: VisitPsf, x: number, y: number): PsfShape {
  const [fx, fy, fxx, fxy, fyy] = psf.fwhmTerms as [number, number, number, number, number];
  const plane = (terms: readonly number[]): number => terms[0]! + terms[1]! * x + terms[2]! * y;
  return {
    fwhmArcsec: psf.fwhmArcsec * (1 + fx * x + fy * y + fxx * x * x + fxy * x * y + fyy * y * y),
    e1: plane(psf.e1Terms),
    e2: plane(psf.e2Terms),
  };
}
