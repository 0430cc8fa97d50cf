/** How many sub-pixel phases the Lanczos table has; entry `LANCZOS_PHASES` is a shift by one whole pixel. */
export const LANCZOS_PHASES = 4096;

/** Lanczos function of order a: sinc(x)·sinc(x/a) for |x| < a, else 0 (Duchon 1979, J. Appl. Meteorol. 18, 1016). */
export function lanczos(x: number, order: number): number {
  if (x === 0) return 1;
  if (Number.isInteger(x)) return 0;
  if (Math.abs(x) >= order) return 0;
  const u = Math.PI * x;
  return (order * Math.sin(u) * Math.sin(u / order)) / (u * u);
}

let table: Float32Array | undefined;

/**
 * Weights of the pixels at −2 … +3 about floor(x), for each phase of x: 16 floats per phase, weights normalised to
 * sum 1 in the first six, their squares in the ninth to fourteenth, zeros between.
 */
export function lanczos3Table(): Float32Array {
  if (table) return table;
  table = new Float32Array((LANCZOS_PHASES + 1) * 16);
  for (let phase = 0; phase <= LANCZOS_PHASES; phase++) {
    const weights = [-2, -1, 0, 1, 2, 3].map((k) => lanczos(k - phase / LANCZOS_PHASES, 3));
    const sum = weights.reduce((a, b) => a + b, 0);
    for (let k = 0; k < 6; k++) {
      const weight = Math.fround(weights[k]! / sum);
      table[phase * 16 + k] = weight;
      table[phase * 16 + 8 + k] = weight * weight;
    }
  }
  return table;
}
