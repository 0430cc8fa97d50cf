import type { Psf, PsfStamp } from "../psf.ts";
import { adaptiveMoments } from "./adaptive-moments.ts";
import { normaliseStamp } from "./shift-stamp.ts";

/** A Gaussian, or a sum of two with `amplitude2` the second's peak relative to the first's; the same everywhere. */
export interface GaussianPsf extends Psf {
  readonly kind: "gaussian" | "double-gaussian";
  readonly size: number;
  readonly sigma1: number;
  readonly sigma2: number;
  readonly amplitude2: number;
}

/** Odd stamp side that reaches `reach` pixels from the middle. */
function sideFor(reach: number): number {
  return 2 * Math.ceil(reach) + 1;
}

/** A round Gaussian of `sigma` pixels sampled at pixel centres; side 2·⌈5σ⌉+1 if not given. */
export function createGaussianPsf(sigma: number, size = sideFor(5 * sigma)): GaussianPsf {
  return buildGaussian("gaussian", size, sigma, sigma, 0);
}

/** A core and a wing: exp(−r²/2σ₁²) + amplitude2·exp(−r²/2σ₂²), normalised; side 2·⌈4σ₂⌉+1 if not given. */
export function createDoubleGaussianPsf(
  sigma1: number,
  sigma2: number,
  amplitude2: number,
  size = sideFor(4 * sigma2),
): GaussianPsf {
  return buildGaussian("double-gaussian", size, sigma1, sigma2, amplitude2);
}

function buildGaussian(
  kind: GaussianPsf["kind"],
  size: number,
  sigma1: number,
  sigma2: number,
  amplitude2: number,
): GaussianPsf {
  const half = size >> 1;
  const draw = (dx: number, dy: number): PsfStamp => {
    const data = new Float32Array(size * size);
    for (let j = 0; j < size; j++) {
      for (let i = 0; i < size; i++) {
        const r2 = (i - half - dx) ** 2 + (j - half - dy) ** 2;
        const wing = amplitude2 === 0 ? 0 : amplitude2 * Math.exp(-r2 / (2 * sigma2 * sigma2));
        data[j * size + i] = Math.exp(-r2 / (2 * sigma1 * sigma1)) + wing;
      }
    }
    return { size, data: normaliseStamp(data) };
  };
  const centred = draw(0, 0);
  const sigma = kind === "gaussian" ? sigma1 : adaptiveMoments(centred, sigma1).sigma;
  return {
    kind,
    size,
    sigma1,
    sigma2,
    amplitude2,
    kernelAt: () => ({ size, data: centred.data.slice() }),
    imageAt: (x, y) => draw(x - Math.round(x), y - Math.round(y)),
    sigmaAt: () => sigma,
  };
}
