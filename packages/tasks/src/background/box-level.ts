/** How the level of one box is taken from its clipped pixels. */
export type LevelStatistic = "mode" | "median" | "mean";

/** Level and scatter of a set of pixel values; both NaN when there are none. */
export interface BoxLevel {
  level: number;
  rms: number;
}

const HISTOGRAM_HALF_WIDTH_SIGMA = 5;
const MAX_LEVELS = 4096;
const histogram = new Int32Array(MAX_LEVELS);

/**
 * Sky level of `count` finite values: a first cut at 2 standard deviations, then a histogram that is clipped at
 * `clipSigma` about its median until its width settles (Bertin & Arnouts 1996, A&AS 117, 393, §7.1). `mode` is
 * 2.5 median − 1.5 mean, or the median where the field is so crowded that mean and median differ by 0.3 sigma.
 */
export function measureBoxLevel(
  values: Float32Array,
  count: number,
  clipSigma: number,
  statistic: LevelStatistic,
  out: BoxLevel,
): void {
  out.level = NaN;
  out.rms = NaN;
  if (count === 0) return;
  // Sums relative to the first value keep precision when the sky is high and quiet.
  const origin = values[0]!;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const v = values[i]! - origin;
    sum += v;
    squares += v * v;
  }
  let mean = sum / count;
  let sigma = Math.sqrt(Math.max(0, squares / count - mean * mean));
  let low = mean - 2 * sigma;
  let high = mean + 2 * sigma;
  let n = 0;
  sum = 0;
  squares = 0;
  for (let i = 0; i < count; i++) {
    const v = values[i]! - origin;
    if (v >= low && v <= high) {
      n++;
      sum += v;
      squares += v * v;
    }
  }
  mean = sum / n;
  sigma = Math.sqrt(Math.max(0, squares / n - mean * mean));
  if (!(sigma > 0)) {
    out.level = origin + mean;
    out.rms = 0;
    return;
  }
  const levels = Math.min(MAX_LEVELS, Math.max(64, Math.ceil(n * 0.25)));
  low = mean - HISTOGRAM_HALF_WIDTH_SIGMA * sigma;
  const scale = levels / (2 * HISTOGRAM_HALF_WIDTH_SIGMA * sigma);
  histogram.fill(0, 0, levels);
  for (let i = 0; i < count; i++) {
    const bin = (values[i]! - origin - low) * scale;
    if (bin >= 0 && bin < levels) histogram[bin | 0]!++;
  }
  let first = 0;
  let last = levels - 1;
  let median = 0;
  let width = 0;
  for (let pass = 0; pass < 100; pass++) {
    let total = 0;
    let s1 = 0;
    let s2 = 0;
    for (let b = first; b <= last; b++) {
      const h = histogram[b]!;
      total += h;
      s1 += h * b;
      s2 += h * b * b;
    }
    if (total === 0) break;
    let below = 0;
    let b = first;
    while (below + histogram[b]! < total / 2) below += histogram[b++]!;
    median = b + (total / 2 - below) / Math.max(1, histogram[b]!);
    mean = s1 / total + 0.5;
    const previous = width;
    // A bin's own width adds 1/12 to the spread of what it holds.
    width = Math.sqrt(Math.max(s2 / total - (s1 / total) ** 2 - 1 / 12, 1 / 12));
    const nextFirst = Math.max(0, Math.floor(median - clipSigma * width));
    const nextLast = Math.min(levels - 1, Math.ceil(median + clipSigma * width) - 1);
    if (pass > 0 && Math.abs(width / previous - 1) < 1e-3) break;
    first = nextFirst;
    last = nextLast;
  }
  high = median;
  if (statistic === "mean") high = mean;
  else if (statistic === "mode" && Math.abs(mean - median) < 0.3 * width) high = 2.5 * median - 1.5 * mean;
  out.level = origin + low + high / scale;
  out.rms = width / scale;
}
