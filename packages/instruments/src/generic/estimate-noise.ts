/** The noise of an image: that of its sky, and how it grows with brightness. */
export interface NoiseEstimate {
  /** Standard deviation of the sky. */
  readonly sigma: number;
  /** Median of the image. */
  readonly level: number;
  /** Electrons per unit: as given, else from the sky's level and noise, else 1. */
  readonly gain: number;
  /** Fills a variance plane: the sky's variance, and photon noise of what is brighter. */
  fill(image: Float32Array, variance: Float32Array): void;
}

/** At most this many pixels are looked at. */
const SAMPLE = 200_000;
/** Median absolute deviation of a normal distribution times this is its standard deviation. */
const MAD_TO_SIGMA = 1.4826;

function median(values: Float64Array): number {
  values.sort();
  return values.length === 0 ? 0 : values[Math.floor(values.length / 2)]!;
}

/**
 * Estimates noise from differences of pixels two columns apart, which are blind to sources' and sky's slopes. Where no gain
 * is known and the sky is still in the image, its level over its variance gives it.
 */
export function estimateNoise(
  image: Float32Array,
  mask: Uint32Array,
  width: number,
  gain: number | undefined,
): NoiseEstimate {
  const stride = Math.max(1, Math.floor(image.length / SAMPLE));
  const levels: number[] = [];
  const steps: number[] = [];
  for (let i = 0; i + 2 < image.length; i += stride) {
    if (mask[i] !== 0) continue;
    levels.push(image[i]!);
    if (i % width < width - 2 && mask[i + 2] === 0) steps.push(Math.abs(image[i + 2]! - image[i]!));
  }
  const level = median(Float64Array.from(levels));
  const sigma = (MAD_TO_SIGMA * median(Float64Array.from(steps))) / Math.SQRT2;
  const skyVariance = Math.max(sigma * sigma, 1e-12);
  const skyIsThere = level > 3 * sigma;
  const used = gain ?? (skyIsThere ? Math.max(0.05, level / skyVariance) : 1);
  return {
    sigma,
    level,
    gain: used,
    fill(data, variance) {
      for (let i = 0; i < data.length; i++) variance[i] = skyVariance + Math.max(0, data[i]! - level) / used;
    },
  };
}
