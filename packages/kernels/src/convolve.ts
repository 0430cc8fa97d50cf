import { checkApart, checkKernelSize, checkPlane } from "./check-plane.ts";
import { kernelSum } from "./flip-kernel.ts";
import { type ConvolvePass, convolveStrips } from "./strips/convolve-strips.ts";

/**
 * Convolves a plane with a square kernel of odd `size` (row-major), f32 throughout; outside pixels count as 0. True
 * convolution: pass `flipKernel(kernel)` to correlate. Throws `KERNELS.SIZE_MISMATCH`, `KERNELS.KERNEL_SIZE`,
 * `KERNELS.SAME_MEMORY`.
 */
export function convolve(
  src: Float32Array,
  width: number,
  height: number,
  kernel: Float32Array,
  size: number,
  dst: Float32Array,
): void {
  checkPlane("src", src, width, height);
  checkPlane("dst", dst, width, height);
  checkApart(src, dst);
  checkKernelSize("kernel", kernel.length, size);
  convolveStrips(src, width, height, [{ kernel, nx: size, ny: size }], dst);
}

/** Convolves along x with `kernelX`, then along y with `kernelY` (odd lengths); otherwise as `convolve`. */
export function convolveSeparable(
  src: Float32Array,
  width: number,
  height: number,
  kernelX: Float32Array,
  kernelY: Float32Array,
  dst: Float32Array,
): void {
  checkPlane("src", src, width, height);
  checkPlane("dst", dst, width, height);
  checkApart(src, dst);
  checkKernelSize("kernelX", kernelX.length);
  checkKernelSize("kernelY", kernelY.length);
  convolveStrips(src, width, height, separablePasses(kernelX, kernelY), dst);
}

/** As `convolveSeparable`; pixels that have any of `maskBits` or are not finite count as 0, too. */
export function convolveSeparableCleared(
  src: Float32Array,
  mask: Uint32Array,
  maskBits: number,
  width: number,
  height: number,
  kernelX: Float32Array,
  kernelY: Float32Array,
  dst: Float32Array,
): void {
  checkPlane("src", src, width, height);
  checkPlane("mask", mask, width, height);
  checkPlane("dst", dst, width, height);
  checkApart(src, dst);
  checkKernelSize("kernelX", kernelX.length);
  checkKernelSize("kernelY", kernelY.length);
  convolveStrips(src, width, height, separablePasses(kernelX, kernelY), dst, { mask, bits: maskBits });
}

/**
 * Convolves leaving out pixels that have any of `maskBits`, are not finite, or lie outside, and divides by the used
 * share of the kernel's sum; NaN where less than 1 % of the kernel was used.
 */
export function convolveMasked(
  src: Float32Array,
  mask: Uint32Array,
  maskBits: number,
  width: number,
  height: number,
  kernel: Float32Array,
  size: number,
  dst: Float32Array,
): void {
  checkPlane("src", src, width, height);
  checkPlane("mask", mask, width, height);
  checkPlane("dst", dst, width, height);
  checkApart(src, dst);
  checkKernelSize("kernel", kernel.length, size);
  const rule = { mask, bits: maskBits, total: kernelSum(kernel) };
  convolveStrips(src, width, height, [{ kernel, nx: size, ny: size }], dst, rule);
}

/** The separable form of `convolveMasked`. */
export function convolveSeparableMasked(
  src: Float32Array,
  mask: Uint32Array,
  maskBits: number,
  width: number,
  height: number,
  kernelX: Float32Array,
  kernelY: Float32Array,
  dst: Float32Array,
): void {
  checkPlane("src", src, width, height);
  checkPlane("mask", mask, width, height);
  checkPlane("dst", dst, width, height);
  checkApart(src, dst);
  checkKernelSize("kernelX", kernelX.length);
  checkKernelSize("kernelY", kernelY.length);
  const total = Math.fround(kernelSum(kernelX) * kernelSum(kernelY));
  convolveStrips(src, width, height, separablePasses(kernelX, kernelY), dst, { mask, bits: maskBits, total });
}

function separablePasses(kernelX: Float32Array, kernelY: Float32Array): ConvolvePass[] {
  return [
    { kernel: kernelX, nx: kernelX.length, ny: 1 },
    { kernel: kernelY, nx: 1, ny: kernelY.length },
  ];
}
