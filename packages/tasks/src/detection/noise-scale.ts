import type { MaskedImage } from "@almagest/images";

/** PSF-flux S/N (by the variance plane) at scattered places; x, y count from the box's corner. */
export interface SkySamples {
  readonly count: number;
  readonly x: Int32Array;
  readonly y: Int32Array;
  readonly snr: Float32Array;
}

/**
 * Samples a smoothed image on a jittered grid of about `target` places, leaving out bad pixels and a rim of `margin`.
 * `squareSum` is the kernel's Σφ².
 */
export function sampleSky(
  masked: MaskedImage,
  smooth: Float32Array,
  squareSum: number,
  margin: number,
  badBits: number,
  target: number,
): SkySamples {
  const { width, height } = masked.bbox;
  const step = Math.max(2, Math.floor(Math.sqrt((width * height) / target)));
  const mask = masked.mask.data;
  const variance = masked.variance.data;
  const capacity = Math.ceil(width / step) * Math.ceil(height / step);
  const px = new Int32Array(capacity);
  const py = new Int32Array(capacity);
  const snr = new Float32Array(capacity);
  let count = 0;
  for (let gy = 0; gy * step < height; gy++) {
    for (let gx = 0; gx * step < width; gx++) {
      // An integer hash spreads the places inside their cells, so that no period of the detector is favoured.
      let hash = Math.imul(gx + 1, 0x9e3779b1) ^ Math.imul(gy + 1, 0x85ebca6b);
      hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
      hash ^= hash >>> 13;
      const x = gx * step + ((hash & 0xffff) % step);
      const y = gy * step + ((hash >>> 16) % step);
      if (x < margin || y < margin || x >= width - margin || y >= height - margin) continue;
      const p = y * width + x;
      const value = smooth[p]! / Math.sqrt(squareSum * variance[p]!);
      if ((mask[p]! & badBits) !== 0 || !Number.isFinite(value)) continue;
      px[count] = x;
      py[count] = y;
      snr[count++] = value;
    }
  }
  return { count, x: px.subarray(0, count), y: py.subarray(0, count), snr: snr.subarray(0, count) };
}

/** Standard normal quantiles whose distance below the median tells the scatter: probability and distance in sigmas. */
const LOWER_TAIL: ReadonlyArray<readonly [probability: number, sigmas: number]> = [
  [0.308538, 0.5],
  [0.158655, 1],
  [0.066807, 1.5],
];

/**
 * Scatter of the sky's S/N, 1 where the variance plane tells the truth, from the lower half of the samples: undetected sources
 * lift only the upper. `fallback` with fewer than 50 samples.
 */
export function measureNoiseScale(snr: Float32Array, fallback = 1): number {
  if (snr.length < 50) return fallback;
  const sorted = Float32Array.from(snr).sort();
  const at = (q: number): number => {
    const position = q * (sorted.length - 1);
    const i = Math.floor(position);
    const next = sorted[Math.min(i + 1, sorted.length - 1)]!;
    return sorted[i]! + (position - i) * (next - sorted[i]!);
  };
  const middle = at(0.5);
  let sum = 0;
  for (const [probability, sigmas] of LOWER_TAIL) sum += (middle - at(probability)) / sigmas;
  return sum > 0 ? sum / LOWER_TAIL.length : fallback;
}

/** The scatter at the samples that `isSky` accepts; `fallback` with fewer than 200 of them. */
export function refineNoiseScale(
  samples: SkySamples,
  isSky: (x: number, y: number) => boolean,
  fallback: number,
): number {
  const sky = samples.snr.filter((_, k) => isSky(samples.x[k]!, samples.y[k]!));
  return sky.length < 200 ? fallback : measureNoiseScale(sky, fallback);
}
