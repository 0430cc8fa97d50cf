const f = Math.fround;

/** The plain twin of `crosstalkSubtract`: sources ascending, zero coefficients skipped. */
export function crosstalkSubtractPlain(
  segments: readonly Float32Array[],
  coefficients: readonly (readonly number[])[],
): void {
  const size = segments[0]?.length ?? 0;
  const before = new Float32Array(segments.length);
  const terms = segments.map((_, i) =>
    segments.flatMap((_, j) => {
      const c = f(coefficients[i]?.[j] ?? 0);
      return c === 0 || i === j ? [] : [[j, c] as const];
    }),
  );
  for (let p = 0; p < size; p++) {
    for (let i = 0; i < segments.length; i++) before[i] = segments[i]![p]!;
    for (let i = 0; i < segments.length; i++) {
      let sum = 0;
      for (const [j, c] of terms[i]!) sum = f(sum + f(before[j]! * c));
      segments[i]![p] = f(before[i]! - sum);
    }
  }
}
