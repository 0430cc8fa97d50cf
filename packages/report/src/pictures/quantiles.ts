/** Quantiles (0 … 1) of the finite values of a plane, from at most `sample` of them at regular steps. */
export function quantilesOf(data: Float32Array, fractions: readonly number[], sample = 100_000): number[] {
  const step = Math.max(1, Math.floor(data.length / sample));
  const values: number[] = [];
  for (let i = 0; i < data.length; i += step) {
    const value = data[i]!;
    if (value - value === 0) values.push(value);
  }
  if (values.length === 0) return fractions.map(() => 0);
  const sorted = Float64Array.from(values).sort();
  return fractions.map(
    (fraction) => sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))]!,
  );
}
