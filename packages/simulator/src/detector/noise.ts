import type { Random } from "@almagest/base";

/** Fast noise for whole arrays, from one seeded stream (sfc32, as `createRandom`, but kept in registers). */
export interface NoiseStream {
  /** Replaces every mean in `electrons` by a Poisson deviate of that mean (exact; negative means count as 0). */
  addPhotonNoise(electrons: Float32Array): void;
  /** Adds normal deviates of standard deviation `sigma`. */
  addNormalNoise(data: Float32Array, sigma: number): void;
}

const UNIT = 2 ** -32;
const HALF_UNIT = 2 ** -33;

/** Makes the stream; `random` gives its 128 bits of state. */
export function createNoiseStream(random: Random): NoiseStream {
  const state = Int32Array.from({ length: 4 }, () => random.integer(2 ** 32) | 0);

  const addPhotonNoise = (electrons: Float32Array): void => {
    let [a, b, c, d] = state as unknown as [number, number, number, number];
    for (let i = 0; i < electrons.length; i++) {
      const mean = electrons[i]!;
      if (!(mean > 0)) {
        electrons[i] = 0;
        continue;
      }
      if (mean < 12) {
        // Knuth: multiply uniforms until the product falls below e^−mean.
        const limit = Math.exp(-mean);
        let product = 1;
        let count = -1;
        do {
          const t = (a + b + d) | 0;
          d = (d + 1) | 0;
          a = b ^ (b >>> 9);
          b = (c + (c << 3)) | 0;
          c = (((c << 21) | (c >>> 11)) + t) | 0;
          product *= (t >>> 0) * UNIT + HALF_UNIT;
          count++;
        } while (product > limit);
        electrons[i] = count;
        continue;
      }
      // PTRS: Hörmann 1993, Insurance: Mathematics and Economics 12, 39.
      const bb = 0.931 + 2.53 * Math.sqrt(mean);
      const aa = -0.059 + 0.02483 * bb;
      const vr = 0.9277 - 3.6224 / (bb - 2);
      for (;;) {
        let t = (a + b + d) | 0;
        d = (d + 1) | 0;
        a = b ^ (b >>> 9);
        b = (c + (c << 3)) | 0;
        c = (((c << 21) | (c >>> 11)) + t) | 0;
        const u = (t >>> 0) * UNIT + HALF_UNIT - 0.5;
        t = (a + b + d) | 0;
        d = (d + 1) | 0;
        a = b ^ (b >>> 9);
        b = (c + (c << 3)) | 0;
        c = (((c << 21) | (c >>> 11)) + t) | 0;
        const v = (t >>> 0) * UNIT + HALF_UNIT;
        const us = 0.5 - Math.abs(u);
        const k = Math.floor(((2 * aa) / us + bb) * u + mean + 0.43);
        if (us >= 0.07 && v <= vr) {
          electrons[i] = k;
          break;
        }
        if (k < 0 || (us < 0.013 && v > us)) continue;
        const inverseAlpha = 1.1239 + 1.1328 / (bb - 3.4);
        const left = Math.log((v * inverseAlpha) / (aa / (us * us) + bb));
        if (left <= k * Math.log(mean) - mean - logFactorial(k)) {
          electrons[i] = k;
          break;
        }
      }
    }
    state.set([a, b, c, d]);
  };

  const addNormalNoise = (data: Float32Array, sigma: number): void => {
    let [a, b, c, d] = state as unknown as [number, number, number, number];
    for (let i = 0; i < data.length; i += 2) {
      // Marsaglia's polar method: two deviates from a point in the unit disc.
      let x: number;
      let y: number;
      let s: number;
      do {
        let t = (a + b + d) | 0;
        d = (d + 1) | 0;
        a = b ^ (b >>> 9);
        b = (c + (c << 3)) | 0;
        c = (((c << 21) | (c >>> 11)) + t) | 0;
        x = (t >>> 0) * 2 * UNIT + UNIT - 1;
        t = (a + b + d) | 0;
        d = (d + 1) | 0;
        a = b ^ (b >>> 9);
        b = (c + (c << 3)) | 0;
        c = (((c << 21) | (c >>> 11)) + t) | 0;
        y = (t >>> 0) * 2 * UNIT + UNIT - 1;
        s = x * x + y * y;
      } while (s >= 1 || s === 0);
      const scale = sigma * Math.sqrt((-2 * Math.log(s)) / s);
      data[i]! += x * scale;
      if (i + 1 < data.length) data[i + 1]! += y * scale;
    }
    state.set([a, b, c, d]);
  };
  return { addPhotonNoise, addNormalNoise };
}

/** log(k!) by Stirling's series; k is at least 4 where it is asked. */
function logFactorial(k: number): number {
  if (k < 10) {
    let product = 1;
    for (let i = 2; i <= k; i++) product *= i;
    return Math.log(product);
  }
  const x = k + 1;
  return (x - 0.5) * Math.log(x) - x + 0.9189385332046727 + 1 / (12 * x) - 1 / (360 * x ** 3);
}
