import type { BoxClip, BoxStatistics } from "../box-statistics.ts";

const f = Math.fround;
const START_SAMPLE = 256;

interface Clipped {
  readonly mean: number;
  readonly sigma: number;
  readonly count: number;
}

/** Mean and deviation of the values within [lo, hi], summed in four f64 lanes about `pivot`. */
function windowMoments(values: Float32Array, lo: number, hi: number, pivot: number): Clipped {
  const sum = [0, 0, 0, 0];
  const squares = [0, 0, 0, 0];
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= lo && value <= hi)) continue;
    const d = f(value - pivot);
    sum[i & 3]! += d;
    squares[i & 3]! += d * d;
    count++;
  }
  const total = sum[0]! + sum[2]! + (sum[1]! + sum[3]!);
  const square = squares[0]! + squares[2]! + (squares[1]! + squares[3]!);
  const mean = total / count;
  return { mean: pivot + mean, sigma: Math.sqrt(Math.max(0, square / count - mean * mean)), count };
}

/** Clipped statistics of one list of values, as `boxStatistics` defines them. */
function clipBox(values: Float32Array, clipSigma: number, iterations: number): Clipped & { median: number } {
  const stride = Math.max(1, Math.floor(values.length / START_SAMPLE));
  const sample = values.filter((_, i) => i % stride === 0 && i / stride < START_SAMPLE).sort();
  const middle = sample[sample.length >> 1]!;
  const spread = 0.7413 * (sample[(3 * sample.length) >> 2]! - sample[sample.length >> 2]!);
  let lo = spread > 0 ? f(middle - clipSigma * spread) : -Infinity;
  let hi = spread > 0 ? f(middle + clipSigma * spread) : Infinity;
  let best = windowMoments(values, lo, hi, middle);
  for (let i = 1; i < iterations; i++) {
    const nextLo = f(best.mean - clipSigma * best.sigma);
    const nextHi = f(best.mean + clipSigma * best.sigma);
    const next = windowMoments(values, nextLo, nextHi, f(best.mean));
    if (next.count === 0) break;
    lo = nextLo;
    hi = nextHi;
    const settled = next.count === best.count;
    best = next;
    if (settled) break;
  }
  const kept = values.filter((value) => value >= lo && value <= hi).sort();
  const median = (kept[(kept.length - 1) >> 1]! + kept[kept.length >> 1]!) / 2 + 0;
  return { ...best, median };
}

/** The plain twin of `boxStatistics`. */
export function boxStatisticsPlain(
  data: Float32Array,
  mask: Uint32Array | undefined,
  maskBits: number,
  width: number,
  height: number,
  boxSize: number,
  { clipSigma = 3, iterations = 5 }: BoxClip = {},
): BoxStatistics {
  const nx = Math.ceil(width / boxSize);
  const ny = Math.ceil(height / boxSize);
  const mean = new Float32Array(nx * ny).fill(Number.NaN);
  const median = mean.slice();
  const sigma = mean.slice();
  const count = new Int32Array(nx * ny);
  const buffer = new Float32Array(boxSize * boxSize);
  for (let box = 0; box < nx * ny; box++) {
    const x0 = (box % nx) * boxSize;
    const y0 = Math.floor(box / nx) * boxSize;
    let n = 0;
    for (let y = y0; y < Math.min(height, y0 + boxSize); y++) {
      for (let x = x0; x < Math.min(width, x0 + boxSize); x++) {
        const value = data[y * width + x]!;
        if (Number.isFinite(value) && ((mask?.[y * width + x] ?? 0) & maskBits) === 0) buffer[n++] = value;
      }
    }
    if (n === 0) continue;
    const clipped = clipBox(buffer.subarray(0, n), clipSigma, iterations);
    mean[box] = clipped.mean;
    median[box] = clipped.median;
    sigma[box] = clipped.sigma;
    count[box] = clipped.count;
  }
  return { nx, ny, boxSize, mean, median, sigma, count };
}
