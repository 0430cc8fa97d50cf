/** Median of the finite values; NaN when there is none. The input is left as it is. */
export function medianOf(values: ArrayLike<number>): number {
  const sorted = new Float64Array(values).filter((v) => v - v === 0).sort();
  const half = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Median and robust standard deviation (1.4826 × median absolute deviation) of the finite values. */
export function robustStatistics(values: ArrayLike<number>): { median: number; sigma: number } {
  const median = medianOf(values);
  const deviations = new Float64Array(values).map((v) => Math.abs(v - median));
  return { median, sigma: 1.4826 * medianOf(deviations) };
}
