import type { MaskedImage } from "@almagest/images";
import { convolveSeparableMasked } from "@almagest/kernels";

/** A visit brought to the stack's widest seeing. */
export interface MatchedWarp {
  readonly image: Float32Array;
  readonly variance: Float32Array;
  /** The visit's own mask; pixels with any of `badBits` do not count. */
  readonly mask: Uint32Array;
  readonly badBits: number;
}

/** Below this width a Gaussian is narrower than the pixels can tell, and nothing is convolved. */
const NARROWEST = 0.4;

function gaussianKernel(sigma: number): Float32Array {
  const half = Math.min(31, Math.ceil(3.5 * sigma));
  const kernel = Float32Array.from({ length: 2 * half + 1 }, (_, i) =>
    Math.exp(-((i - half) ** 2) / (2 * sigma * sigma)),
  );
  const sum = kernel.reduce((a, b) => a + b, 0);
  return kernel.map((v) => v / sum);
}

/**
 * Convolves a visit with the Gaussian that widens its point source from `sigma` to `target` pixels (Gaussian
 * approximation on both sides), so that visits of different seeing can be compared pixel by pixel. The variance is that
 * of convolved white noise. Pixels with any of `badBits` do not count, before and after.
 */
export function matchSeeing(warp: MaskedImage, badBits: number, sigma: number, target: number): MatchedWarp {
  const { width, height } = warp.bbox;
  const mask = warp.mask.data;
  const widening = Math.sqrt(Math.max(0, target ** 2 - sigma ** 2));
  if (!(widening >= NARROWEST)) {
    return { image: warp.image.data, variance: warp.variance.data, mask, badBits };
  }
  const kernel = gaussianKernel(widening);
  const image = new Float32Array(mask.length);
  convolveSeparableMasked(warp.image.data, mask, badBits, width, height, kernel, kernel, image);
  const noise = kernel.reduce((sum, v) => sum + v * v, 0) ** 2;
  const variance = new Float32Array(mask.length);
  for (let i = 0; i < variance.length; i++) variance[i] = warp.variance.data[i]! * noise;
  return { image, variance, mask, badBits };
}
