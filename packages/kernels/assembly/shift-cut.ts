/** Taps of the Lanczos-5 kernel. */
const TAPS: i32 = 11;

/** Σ_t weights_t · src[i + t·step] of two neighbours, in doubles; i and step in bytes. */
function combineTaps(src: usize, step: usize, weights: usize, i: usize): v128 {
  let p = src + i;
  let sum = f64x2.mul(v128.load64_splat(weights), v128.load(p));
  for (let t: usize = 8; t < (<usize>TAPS) << 3; t += 8) {
    p += step;
    sum = f64x2.add(sum, f64x2.mul(v128.load64_splat(weights + t), v128.load(p)));
  }
  return sum;
}

/**
 * A square stamp of `size` floats a side cut to n = 2·half + 1 about its middle and shifted: eleven taps along x, then along y,
 * in doubles, zeros outside the stamp. `padded` has room for (n + 10)² doubles, `across` for (n + 10) rows of n rounded up to
 * 4, `out` for n² floats; up to 3 values past each end are touched.
 */
export function shiftCutStamp(
  stamp: usize,
  size: i32,
  half: i32,
  wx: usize,
  wy: usize,
  padded: usize,
  across: usize,
  out: usize,
): void {
  const n = 2 * half + 1;
  const wide = n + TAPS - 1;
  const offset = (size >> 1) - half - (TAPS >> 1);
  const first = max(0, -offset);
  const last = min(wide, size - offset);
  const rowBytes = (<usize>((n + 3) & ~3)) << 3;
  const wideBytes = (<usize>wide) << 3;
  memory.fill(padded, 0, <usize>wide * wideBytes);
  memory.fill(across, 0, <usize>wide * rowBytes);
  for (let y = first; y < last; y++) {
    const row = padded + <usize>y * wideBytes;
    let from = stamp + ((<usize>((y + offset) * size + offset + first)) << 2);
    for (let x = first; x < last; x++, from += 4) store<f64>(row + ((<usize>x) << 3), <f64>load<f32>(from));
    const to = across + <usize>y * rowBytes;
    for (let i: usize = 0; i < rowBytes; i += 32) {
      v128.store(to + i, combineTaps(row, 8, wx, i));
      v128.store(to + i, combineTaps(row, 8, wx, i + 16), 16);
    }
  }
  for (let y = 0; y < n; y++) {
    const row = across + <usize>y * rowBytes;
    let to = out + ((<usize>(y * n)) << 2);
    for (let i: usize = 0; i < rowBytes; i += 32, to += 16) {
      const a = f32x4.demote_f64x2_zero(combineTaps(row, rowBytes, wy, i));
      const b = f32x4.demote_f64x2_zero(combineTaps(row, rowBytes, wy, i + 16));
      v128.store(to, v128.shuffle<i64>(a, b, 0, 2));
    }
  }
}
