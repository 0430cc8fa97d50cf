import type { SyntheticField } from "./synthetic-field.ts";

/** Which found entry (−1 for none) is nearest to each true source within `radius`, and how many found entries no truth is near. */
export function countMatches(
  field: SyntheticField,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  radius: number,
): { matched: Int32Array; spurious: number } {
  const matched = new Int32Array(field.count).fill(-1);
  const used = new Uint8Array(x.length);
  for (let k = 0; k < field.count; k++) {
    let best = radius;
    for (let m = 0; m < x.length; m++) {
      const dx = x[m]! - field.x[k]!;
      if (dx > radius || dx < -radius) continue;
      const d = Math.hypot(dx, y[m]! - field.y[k]!);
      if (d >= radius) continue;
      used[m] = 1;
      if (d < best) {
        best = d;
        matched[k] = m;
      }
    }
  }
  return { matched, spurious: used.length - used.reduce((s, v) => s + v, 0) };
}

/** Standard error of an isolated point source's PSF flux on the field's sky. */
export function fieldNoiseFlux(field: SyntheticField): number {
  const { data } = field.psf.kernelAt(0, 0);
  const squares = data.reduce((s, v) => s + v * v, 0);
  const sky = field.image.variance.data.slice().sort()[field.image.variance.data.length >> 4]!;
  return Math.sqrt(sky / squares);
}
