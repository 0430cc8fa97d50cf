import type { Exposure } from "@almagest/images";
import { bitsOf } from "../mask-bits.ts";
import { medianOf } from "../median.ts";

/** What selecting and weighting a visit's warp needs. */
export interface WarpQuality {
  /** Clipped mean of the variance of good pixels, nJy²; NaN when there is none. */
  readonly variance: number;
  /** Gaussian width of a star, pixels of the patch; undefined when the warp has no PSF. */
  readonly psfSigmaPixels?: number;
  readonly psfFwhmArcsec?: number;
  /** Fraction of the patch with good pixels. */
  readonly goodFraction: number;
}

/** Pixels whose variance is looked at. */
const SAMPLES = 50_000;
/** Places per axis where the PSF is looked at. */
const PLACES = 4;
const FWHM_PER_SIGMA = 2 * Math.sqrt(2 * Math.LN2);

/** Mean of the values within 3σ of the median (σ from the median absolute deviation), twice. */
function clippedMean(values: Float64Array): number {
  let kept = values;
  for (let round = 0; round < 2; round++) {
    const median = medianOf(kept);
    const sigma = 1.4826 * medianOf(kept.map((v) => Math.abs(v - median)));
    kept = sigma > 0 ? kept.filter((v) => Math.abs(v - median) <= 3 * sigma) : kept;
  }
  return kept.reduce((a, b) => a + b, 0) / kept.length;
}

/** Median width of the PSF over places of the warp that have good pixels. */
function psfWidth(warp: Exposure, bad: number): number | undefined {
  const { psf, bbox } = warp;
  if (psf === undefined) return undefined;
  const widths: number[] = [];
  for (let j = 0; j < PLACES; j++) {
    for (let i = 0; i < PLACES; i++) {
      const x = Math.floor(((i + 0.5) * bbox.width) / PLACES);
      const y = Math.floor(((j + 0.5) * bbox.height) / PLACES);
      if ((warp.mask.data[y * bbox.width + x]! & bad) !== 0) continue;
      widths.push(psf.sigmaAt(bbox.x0 + x, bbox.y0 + y));
    }
  }
  return widths.length > 0 ? medianOf(widths) : undefined;
}

/** Measures the noise and the seeing of one visit's warp. */
export function measureWarp(warp: Exposure, badPlanes: readonly string[]): WarpQuality {
  const bad = bitsOf(badPlanes, warp.mask.planes);
  const total = warp.image.data.length;
  const stride = Math.max(1, Math.floor(total / SAMPLES)) | 1;
  const variances = new Float64Array(Math.ceil(total / stride));
  let count = 0;
  for (let i = 0; i < total; i += stride) {
    const variance = warp.variance.data[i]!;
    if ((warp.mask.data[i]! & bad) === 0 && variance > 0 && Number.isFinite(variance))
      variances[count++] = variance;
  }
  const psfSigmaPixels = psfWidth(warp, bad);
  const { x0, y0, width, height } = warp.bbox;
  const scale = warp.wcs?.pixelScaleArcsec(x0 + width / 2, y0 + height / 2) ?? Number.NaN;
  return {
    variance: count > 0 ? clippedMean(variances.subarray(0, count)) : Number.NaN,
    goodFraction: (count * stride) / total,
    ...(psfSigmaPixels !== undefined && {
      psfSigmaPixels,
      psfFwhmArcsec: FWHM_PER_SIGMA * psfSigmaPixels * scale,
    }),
  };
}
