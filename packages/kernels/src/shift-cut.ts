import { checkPlane } from "./check-plane.ts";
import { shiftCutStrips } from "./strips/shift-cut-strips.ts";

/**
 * Cuts a square stamp of `size` pixels a side, an odd number, to `half` pixels about its middle and moves it by (dx, dy) pixels
 * with a Lanczos-5 kernel of sum 1, along x first; zeros outside the stamp. Sums are in doubles, rounded once at the end.
 * Fills `out`, (2·half + 1)² pixels. Throws `KERNELS.SIZE_MISMATCH`.
 */
export function shiftCut(
  stamp: Float32Array,
  size: number,
  half: number,
  dx: number,
  dy: number,
  out: Float32Array,
): void {
  checkPlane("stamp", stamp, size, size);
  checkPlane("out", out, 2 * half + 1, 2 * half + 1);
  shiftCutStrips(stamp, size, half, dx, dy, out);
}
