import type { BoxClip, BoxStatistics } from "../box-statistics.ts";
import { type Arena, type Block, openArena } from "../engine/arena.ts";
import { selectRank } from "../quantile.ts";

const f = Math.fround;
const START_SAMPLE = 256;
const BINS = 512;

/** Memory that one box after the other uses. */
interface BoxScratch {
  readonly arena: Arena;
  readonly values: Block<Float32Array>;
  readonly picked: Block<Float32Array>;
  readonly moments: Block<Float64Array>;
  readonly bins: Block<Uint32Array>;
  readonly sample: Float32Array;
}

interface Clipped {
  readonly mean: number;
  readonly sigma: number;
  readonly count: number;
}

function windowMoments(
  { arena, values, moments }: BoxScratch,
  n: number,
  lo: number,
  hi: number,
  pivot: number,
): Clipped {
  const count = arena.kernels.windowMoments(values.at, n, lo, hi, pivot, moments.at);
  const mean = moments.view[0]! / count;
  const sigma = Math.sqrt(Math.max(0, moments.view[1]! / count - mean * mean));
  return { mean: pivot + mean, sigma, count };
}

/** Median of the `count` values in [lo, hi]: the bins say where it is, and only their values are sorted out. */
function windowMedian(
  { arena, values, picked, bins }: BoxScratch,
  n: number,
  lo: number,
  hi: number,
  count: number,
): number {
  const low = (count - 1) >> 1;
  const high = count >> 1;
  const last = BINS - 1;
  const scale = f(BINS / (hi - lo));
  if (!Number.isFinite(scale)) {
    const kept = values.view.slice(0, n).filter((value) => value >= lo && value <= hi);
    return (selectRank(kept, count, low) + selectRank(kept, count, high)) / 2 + 0;
  }
  arena.kernels.countBins(values.at, n, lo, hi, scale, bins.at, last);
  let first = 0;
  let below = 0;
  for (; below + bins.view[first]! <= low; first++) below += bins.view[first]!;
  let final = first;
  for (let reach = below + bins.view[first]!; reach <= high; ) reach += bins.view[++final]!;
  const found = arena.kernels.collectBins(values.at, n, lo, hi, scale, last, first, final, picked.at);
  return (selectRank(picked.view, found, low - below) + selectRank(picked.view, found, high - below)) / 2 + 0;
}

/** See clipBox of the oracle: the same steps in the same order. */
function clipBox(
  scratch: BoxScratch,
  n: number,
  clipSigma: number,
  iterations: number,
): Clipped & { median: number } {
  const { values, sample } = scratch;
  const stride = Math.max(1, Math.floor(n / START_SAMPLE));
  const size = Math.min(START_SAMPLE, Math.ceil(n / stride));
  for (let i = 0; i < size; i++) sample[i] = values.view[i * stride]!;
  const middle = selectRank(sample, size, size >> 1);
  const spread = 0.7413 * (selectRank(sample, size, (3 * size) >> 2) - selectRank(sample, size, size >> 2));
  let lo = spread > 0 ? f(middle - clipSigma * spread) : Number.NEGATIVE_INFINITY;
  let hi = spread > 0 ? f(middle + clipSigma * spread) : Number.POSITIVE_INFINITY;
  let best = windowMoments(scratch, n, lo, hi, middle);
  for (let i = 1; i < iterations; i++) {
    const nextLo = f(best.mean - clipSigma * best.sigma);
    const nextHi = f(best.mean + clipSigma * best.sigma);
    const next = windowMoments(scratch, n, nextLo, nextHi, f(best.mean));
    if (next.count === 0) break;
    lo = nextLo;
    hi = nextHi;
    const settled = next.count === best.count;
    best = next;
    if (settled) break;
  }
  return { ...best, median: windowMedian(scratch, n, lo, hi, best.count) };
}

/** The fast `boxStatistics`: one row of boxes in the module's memory at a time. */
export function boxStatisticsStrips(
  data: Float32Array,
  mask: Uint32Array | undefined,
  maskBits: number,
  width: number,
  height: number,
  boxSize: number,
  { clipSigma = 3, iterations = 5 }: BoxClip,
): BoxStatistics {
  const nx = Math.ceil(width / boxSize);
  const ny = Math.ceil(height / boxSize);
  const mean = new Float32Array(nx * ny).fill(Number.NaN);
  const median = mean.slice();
  const sigma = mean.slice();
  const count = new Int32Array(nx * ny);
  const strip = width * Math.min(boxSize, height);
  const box = Math.min(strip, boxSize * boxSize) + 4;
  const arena = openArena(strip * 8 + box * 8 + BINS * 4 + 128);
  const pixels = arena.floats(strip);
  const bits = mask ? arena.words(strip) : undefined;
  const scratch: BoxScratch = {
    arena,
    values: arena.floats(box),
    picked: arena.floats(box),
    moments: arena.doubles(2),
    bins: arena.words(BINS + 1),
    sample: new Float32Array(START_SAMPLE),
  };
  for (let j = 0; j < ny; j++) {
    const rows = Math.min(boxSize, height - j * boxSize);
    const start = j * boxSize * width;
    pixels.view.set(data.subarray(start, start + rows * width));
    if (bits && mask) bits.view.set(mask.subarray(start, start + rows * width));
    for (let i = 0; i < nx; i++) {
      const offset = i * boxSize * 4;
      const columns = Math.min(boxSize, width - i * boxSize);
      const n = arena.kernels.gatherBox(
        pixels.at + offset,
        bits ? bits.at + offset : 0,
        maskBits,
        width * 4,
        columns,
        rows,
        scratch.values.at,
      );
      if (n === 0) continue;
      const at = j * nx + i;
      const clipped = clipBox(scratch, n, clipSigma, iterations);
      mean[at] = clipped.mean;
      median[at] = clipped.median;
      sigma[at] = clipped.sigma;
      count[at] = clipped.count;
    }
  }
  return { nx, ny, boxSize, mean, median, sigma, count };
}
