import type { MaskedImage } from "@almagest/images";
import { detectSpans } from "@almagest/kernels";
import { ensureFloat32, ensureInt32 } from "./growable.ts";
import type { SeparableKernel } from "./separate-psf.ts";

/** Connected regions above threshold with their local maxima. Pixels count from the box's corner. */
export interface Hills {
  /** The smoothed image and its width. */
  readonly smooth: Float32Array;
  readonly width: number;
  readonly count: number;
  /** Region g owns spans spanStarts[g] … spanStarts[g+1]−1, in reading order: row, first and last column. */
  readonly spanStarts: Int32Array;
  readonly y: Int32Array;
  readonly x0: Int32Array;
  readonly x1: Int32Array;
  /** Pixels per region. */
  readonly area: Int32Array;
  /** Region g owns maxima maximumStarts[g] … maximumStarts[g+1]−1: pixel index in the plane. */
  readonly maximumStarts: Int32Array;
  readonly maximumPixel: Int32Array;
  /** Interpolated position and value, and the value in units of sqrt(variance · Σφ²), before any noise scale. */
  readonly peakX: Float32Array;
  readonly peakY: Float32Array;
  readonly peakValue: Float32Array;
  readonly peakSnr: Float32Array;
}

/** Thresholds a smoothed image at `threshold` times its noise (by the variance plane) and finds maxima in each region. */
export function findHills(
  masked: MaskedImage,
  smooth: Float32Array,
  kernel: SeparableKernel,
  threshold: number,
  minimumArea: number,
): Hills {
  const { width, height } = masked.bbox;
  const variance = masked.variance.data;
  const found = detectSpans({
    image: smooth,
    width,
    height,
    threshold: threshold * Math.sqrt(kernel.squareSum),
    variance,
    minPixels: minimumArea,
  });
  const { spans, spanCount, labelCount: count } = found;
  const spanStarts = new Int32Array(count + 1);
  for (let s = 0; s < spanCount; s++) spanStarts[spans[4 * s + 3]! + 1]!++;
  for (let g = 0; g < count; g++) spanStarts[g + 1]! += spanStarts[g]!;
  const cursor = spanStarts.slice(0, count);
  const y = new Int32Array(spanCount);
  const x0 = new Int32Array(spanCount);
  const x1 = new Int32Array(spanCount);
  for (let s = 0; s < spanCount; s++) {
    const to = cursor[spans[4 * s + 3]!]!++;
    y[to] = spans[4 * s]!;
    x0[to] = spans[4 * s + 1]!;
    x1[to] = spans[4 * s + 2]!;
  }
  const maximumStarts = new Int32Array(count + 1);
  let maximumPixel = new Int32Array(4096);
  let peakX = new Float32Array(4096);
  let peakY = new Float32Array(4096);
  let peakValue = new Float32Array(4096);
  let peakSnr = new Float32Array(4096);
  let n = 0;
  const add = (p: number, px: number, py: number): void => {
    maximumPixel = ensureInt32(maximumPixel, n + 1);
    peakX = ensureFloat32(peakX, n + 1);
    peakY = ensureFloat32(peakY, n + 1);
    peakValue = ensureFloat32(peakValue, n + 1);
    peakSnr = ensureFloat32(peakSnr, n + 1);
    const c = smooth[p]!;
    const slopeX = 0.5 * (smooth[p + 1]! - smooth[p - 1]!);
    const slopeY = 0.5 * (smooth[p + width]! - smooth[p - width]!);
    const bendX = 2 * c - smooth[p + 1]! - smooth[p - 1]!;
    const bendY = 2 * c - smooth[p + width]! - smooth[p - width]!;
    const dx = bendX > 0 ? Math.min(0.5, Math.max(-0.5, slopeX / bendX)) : 0;
    const dy = bendY > 0 ? Math.min(0.5, Math.max(-0.5, slopeY / bendY)) : 0;
    const value = c + 0.5 * (slopeX * dx + slopeY * dy);
    maximumPixel[n] = p;
    peakX[n] = px + dx;
    peakY[n] = py + dy;
    peakValue[n] = value;
    peakSnr[n] = variance[p]! > 0 ? value / Math.sqrt(variance[p]! * kernel.squareSum) : 0;
    n++;
  };
  for (let g = 0; g < count; g++) {
    for (let s = spanStarts[g]!; s < spanStarts[g + 1]!; s++) {
      const row = y[s]! * width;
      // The image's rim has no maxima.
      if (y[s]! === 0 || y[s]! === height - 1) continue;
      const last = Math.min(x1[s]!, width - 2);
      for (let x = Math.max(1, x0[s]!); x <= last; x++) {
        const p = row + x;
        const v = smooth[p]!;
        // Ties go to the pixel that comes last in reading order.
        if (
          v > smooth[p + 1]! &&
          v >= smooth[p - 1]! &&
          v > smooth[p + width]! &&
          v >= smooth[p - width]! &&
          v > smooth[p + width + 1]! &&
          v > smooth[p + width - 1]! &&
          v >= smooth[p - width - 1]! &&
          v >= smooth[p - width + 1]!
        ) {
          add(p, x, y[s]!);
        }
      }
    }
    maximumStarts[g + 1] = n;
  }
  const area = found.pixelCounts;
  return {
    smooth,
    width,
    count,
    spanStarts,
    y,
    x0,
    x1,
    area,
    maximumStarts,
    maximumPixel,
    peakX,
    peakY,
    peakValue,
    peakSnr,
  };
}
