/** Median of the finite values; NaN when there are none. */
export function medianOf(values: Iterable<number>): number {
  const sorted = Float64Array.from([...values].filter(Number.isFinite)).sort();
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Robust scatter: 1.4826 times the median absolute deviation, the standard deviation of a Gaussian. */
export function scatterOf(values: readonly number[]): number {
  const center = medianOf(values);
  return 1.4826 * medianOf(values.map((value) => Math.abs(value - center)));
}
