import { fillLanczos5, LANCZOS5_REACH } from "../lanczos5-weights.ts";

const TAPS = 2 * LANCZOS5_REACH + 1;

/** Σ_t weights[t] · source[at + t·step], taps ascending. */
function combine(source: Float64Array, at: number, step: number, weights: Float64Array): number {
  let sum = weights[0]! * source[at]!;
  for (let t = 1; t < TAPS; t++) sum += weights[t]! * source[at + t * step]!;
  return sum;
}

/** The plain twin of `shiftCut`: along x, then along y, taps ascending, zeros outside taking part. */
export function shiftCutPlain(
  stamp: Float32Array,
  size: number,
  half: number,
  dx: number,
  dy: number,
  out: Float32Array,
): void {
  const n = 2 * half + 1;
  const wide = n + TAPS - 1;
  const offset = (size >> 1) - half - LANCZOS5_REACH;
  const wx = new Float64Array(TAPS);
  const wy = new Float64Array(TAPS);
  fillLanczos5(dx, wx);
  fillLanczos5(dy, wy);
  const across = new Float64Array(wide * n);
  for (let y = 0; y < wide; y++) {
    // Rows outside the stamp stay zero.
    if (y + offset < 0 || y + offset >= size) continue;
    const row = Float64Array.from({ length: wide }, (_, x) =>
      x + offset < 0 || x + offset >= size ? 0 : stamp[(y + offset) * size + x + offset]!,
    );
    for (let x = 0; x < n; x++) across[y * n + x] = combine(row, x, 1, wx);
  }
  for (let y = 0; y < n; y++) for (let x = 0; x < n; x++) out[y * n + x] = combine(across, y * n + x, n, wy);
}
