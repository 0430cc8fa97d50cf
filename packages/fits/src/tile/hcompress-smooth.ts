import type { Block } from "./hcompress-inverse.ts";

/**
 * Smooths H-transform coefficients by interpolating slopes between neighbouring zones, each changed by at most `limit` (half the scale
 * they were divided by) and never beyond monotonicity. Zones at the edge stay as they are.
 */
export function smoothCoefficients(a: Float64Array, block: Block, limit: number): void {
  const { rows, columns, stride } = block;
  for (let row = 2; row < rows - 2; row += 2)
    for (let column = 0; column < columns; column += 2) {
      const at = row * stride + column;
      adjustSlope(a, at, at + stride, 2 * stride, limit);
    }
  for (let row = 0; row < rows; row += 2)
    for (let column = 2; column < columns - 2; column += 2) {
      const at = row * stride + column;
      adjustSlope(a, at, at + 1, 2, limit);
    }
  for (let row = 2; row < rows - 2; row += 2)
    for (let column = 2; column < columns - 2; column += 2)
      adjustCurvature(a, row * stride + column, stride, limit);
}

/** Moves the slope at `slope` towards the one that matches the means of the zones before and after. */
function adjustSlope(a: Float64Array, mean: number, slope: number, step: number, limit: number): void {
  const before = a[mean - step]!;
  const here = a[mean]!;
  const after = a[mean + step]!;
  const highest = Math.max(Math.min(after - here, here - before), 0) * 4;
  const lowest = Math.min(Math.max(after - here, here - before), 0) * 4;
  if (lowest >= highest) return;
  const wanted = Math.max(Math.min(after - before, highest), lowest);
  a[slope]! += clamp(Math.trunc((wanted - a[slope]! * 8) / 8), limit);
}

/** Moves the mixed difference towards the one that matches the four diagonal neighbours. */
function adjustCurvature(a: Float64Array, at: number, stride: number, limit: number): void {
  const mm = a[at - 2 * stride - 2]!;
  const pm = a[at + 2 * stride - 2]!;
  const mp = a[at - 2 * stride + 2]!;
  const pp = a[at + 2 * stride + 2]!;
  const here = a[at]!;
  const hx2 = a[at + stride]! * 2;
  const hy2 = a[at + 1]! * 2;
  const highest =
    16 *
    Math.min(
      Math.max(pp - here, 0) - hx2 - hy2,
      Math.max(here - pm, 0) + hx2 - hy2,
      Math.max(here - mp, 0) - hx2 + hy2,
      Math.max(mm - here, 0) + hx2 + hy2,
    );
  const lowest =
    16 *
    Math.max(
      Math.min(pp - here, 0) - hx2 - hy2,
      Math.min(here - pm, 0) + hx2 - hy2,
      Math.min(here - mp, 0) - hx2 + hy2,
      Math.min(mm - here, 0) + hx2 + hy2,
    );
  if (lowest >= highest) return;
  const wanted = Math.max(Math.min(pp + mm - mp - pm, highest), lowest);
  a[at + stride + 1]! += clamp(Math.trunc((wanted - a[at + stride + 1]! * 64) / 64), limit);
}

function clamp(value: number, limit: number): number {
  return Math.max(Math.min(value, limit), -limit);
}
