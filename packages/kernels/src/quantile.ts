import { selectRanksByRadix } from "./radix-select.ts";

/** Above so many floats counting bits is quicker than quickselect. */
const RADIX_THRESHOLD = 1 << 17;

/** Element of rank `k` of values[0 … n−1], which are reordered (Hoare's quickselect, median of three). */
export function selectRank(values: Float32Array | Float64Array, n: number, k: number): number {
  let left = 0;
  let right = n - 1;
  while (right > left) {
    const middle = (left + right) >> 1;
    const a = values[left]!;
    const b = values[middle]!;
    const c = values[right]!;
    const pivot = a < b ? (b < c ? b : a < c ? c : a) : a < c ? a : b < c ? c : b;
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i <= j) {
        const swap = values[i]!;
        values[i++] = values[j]!;
        values[j--] = swap;
      }
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else break;
  }
  return values[k]!;
}

/** A copy of the values that are not NaN. */
function copyNumbers(data: ArrayLike<number>): { values: Float32Array | Float64Array; n: number } {
  const values = data instanceof Float32Array ? new Float32Array(data.length) : new Float64Array(data.length);
  let n = 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!Number.isNaN(value)) values[n++] = value;
  }
  return { values, n };
}

/**
 * Quantile `q` (0 … 1) of the values that are not NaN, linearly interpolated between ranks (R's type 7, numpy's
 * default); NaN when there is none. Exact and independent of order.
 */
export function quantile(data: ArrayLike<number>, q: number): number {
  return quantiles(data, [q])[0]!;
}

/** Several quantiles with one copy of the data. */
export function quantiles(data: ArrayLike<number>, qs: readonly number[]): number[] {
  const { values, n } = copyNumbers(data);
  if (n === 0) return qs.map(() => Number.NaN);
  const places = qs.map((q) => Math.min(n - 1, Math.max(0, q * (n - 1))));
  const ranks = [...new Set(places.flatMap((place) => [Math.floor(place), Math.ceil(place)]))];
  const found = selectRanks(values, n, ranks);
  return places.map((place) => {
    const low = found.get(Math.floor(place))!;
    const high = found.get(Math.ceil(place))!;
    return low === high ? low : low + (place - Math.floor(place)) * (high - low);
  });
}

/** Elements of several ranks; reorders `values`. */
function selectRanks(
  values: Float32Array | Float64Array,
  n: number,
  ranks: readonly number[],
): ReadonlyMap<number, number> {
  if (values instanceof Float32Array && n > RADIX_THRESHOLD) {
    const found = selectRanksByRadix(values, n, ranks);
    return new Map(ranks.map((rank, i) => [rank, found[i]!]));
  }
  return new Map(ranks.map((rank) => [rank, selectRank(values, n, rank) + 0]));
}

/** Median of the values that are not NaN (mean of the middle two when even); NaN when there is none. */
export function medianOf(data: ArrayLike<number>): number {
  return quantile(data, 0.5);
}

/** Result of `sigmaClip`. */
export interface ClippedMoments {
  readonly mean: number;
  readonly median: number;
  readonly sigma: number;
  readonly count: number;
  /** Values within [low, high] survived. */
  readonly low: number;
  readonly high: number;
}

/**
 * Clips values beyond `clipSigma` deviations, starting from median and quartiles, then about the mean, at most
 * `iterations` rounds; NaN are left out. All NaN (count 0) when there is no value.
 */
export function sigmaClip(data: ArrayLike<number>, clipSigma = 3, iterations = 5): ClippedMoments {
  const [q25, q50, q75] = quantiles(data, [0.25, 0.5, 0.75]) as [number, number, number];
  const spread = 0.7413 * (q75 - q25);
  let low = spread > 0 ? q50 - clipSigma * spread : -Infinity;
  let high = spread > 0 ? q50 + clipSigma * spread : Infinity;
  let best = momentsWithin(data, low, high, q50);
  for (let i = 1; i < iterations && best.count > 0; i++) {
    const nextLow = best.mean - clipSigma * best.sigma;
    const nextHigh = best.mean + clipSigma * best.sigma;
    const next = momentsWithin(data, nextLow, nextHigh, best.mean);
    if (next.count === 0) break;
    low = nextLow;
    high = nextHigh;
    const settled = next.count === best.count;
    best = next;
    if (settled) break;
  }
  const kept = new Float64Array(best.count);
  let n = 0;
  for (let i = 0; i < data.length && n < kept.length; i++) {
    const value = data[i]!;
    if (value >= low && value <= high) kept[n++] = value;
  }
  return { ...best, median: medianOf(kept), low, high };
}

function momentsWithin(
  data: ArrayLike<number>,
  low: number,
  high: number,
  pivot: number,
): { mean: number; sigma: number; count: number } {
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!(value >= low && value <= high)) continue;
    sum += value - pivot;
    squares += (value - pivot) * (value - pivot);
    count++;
  }
  const mean = sum / count;
  return { mean: pivot + mean, sigma: Math.sqrt(Math.max(0, squares / count - mean * mean)), count };
}
