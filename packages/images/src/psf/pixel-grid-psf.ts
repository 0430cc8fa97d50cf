import { AlmagestError } from "@almagest/base";
import type { Box } from "../box.ts";
import { scaleToBox } from "../calibration/chebyshev.ts";
import type { Psf, PsfStamp } from "../psf.ts";
import { adaptiveMoments } from "./adaptive-moments.ts";
import { normaliseStamp, shiftStamp } from "./shift-stamp.ts";

/** What a pixel-grid PSF is made of. */
export interface PixelGridPsfParts {
  /** Position is scaled to [−1, 1] over this box before the polynomial is taken. */
  readonly bbox: Box;
  /** Total degree of the polynomial. */
  readonly order: number;
  /** Side of the stamps, odd. */
  readonly size: number;
  /** One stamp per term of `polynomialTerms(order, …)`, each `size`² pixels, one after another. */
  readonly basis: Float32Array;
}

/** A PSF on its own pixel grid that varies as a polynomial of position: stamp = Σ_k basis_k · term_k(x′, y′). */
export interface PixelGridPsf extends Psf, PixelGridPsfParts {
  readonly kind: "pixel-grid";
}

/** Terms x^i·y^j with i + j ≤ order: j outermost, so 1, x, x² …, y, xy …, y² …. */
export function polynomialTerms(order: number, x: number, y: number): Float64Array {
  const terms = new Float64Array(((order + 1) * (order + 2)) / 2);
  let k = 0;
  let yPower = 1;
  for (let j = 0; j <= order; j++) {
    let term = yPower;
    for (let i = 0; i + j <= order; i++) {
      terms[k++] = term;
      term *= x;
    }
    yPower *= y;
  }
  return terms;
}

/** Creates a pixel-grid PSF (stamps normalised to sum 1 at each position). Throws `IMAGES.PSF_INVALID`. */
export function createPixelGridPsf(parts: PixelGridPsfParts): PixelGridPsf {
  const { bbox, order, size, basis } = parts;
  const terms = ((order + 1) * (order + 2)) / 2;
  if (size % 2 !== 1 || basis.length !== terms * size * size) {
    throw new AlmagestError(
      "IMAGES.PSF_INVALID",
      `A pixel-grid PSF of order ${order} and odd side ${size} needs ${terms} stamps of ${size}² pixels, not ${basis.length} numbers.`,
      { fields: { order, size, length: basis.length } },
    );
  }
  const kernelAt = (x: number, y: number): PsfStamp => {
    const weights = polynomialTerms(
      order,
      scaleToBox(bbox.x0, bbox.width, x),
      scaleToBox(bbox.y0, bbox.height, y),
    );
    const pixels = size * size;
    const sum = new Float64Array(pixels);
    for (let k = 0; k < terms; k++) {
      const weight = weights[k]!;
      for (let p = 0; p < pixels; p++) sum[p]! += weight * basis[k * pixels + p]!;
    }
    return { size, data: normaliseStamp(Float32Array.from(sum)) };
  };
  return {
    kind: "pixel-grid",
    ...parts,
    kernelAt,
    imageAt: (x, y) => shiftStamp(kernelAt(x, y), x - Math.round(x), y - Math.round(y)),
    sigmaAt: (x, y) => adaptiveMoments(kernelAt(x, y)).sigma,
  };
}
