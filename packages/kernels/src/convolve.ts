import { checkKernelSize, checkPlane } from "./check-plane.ts";
import { convolvePlain, convolveSeparablePlain } from "./oracle/convolve.ts";
import { convolveMaskedPlain, convolveSeparableMaskedPlain } from "./oracle/convolve-masked.ts";

/**
 * Convolves a plane with a square kernel of odd `size` (row-major), f32 throughout; outside pixels count as 0. True
 * convolution: pass `flipKernel(kernel)` to correlate. `dst` must not be `src`. Throws `KERNELS.SIZE_MISMATCH`,
 * `KERNELS.KERNEL_SIZE`.
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
  checkKernelSize("kernel", kernel.length, size);
  convolvePlain(src, width, height, kernel, size, dst);
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
  checkKernelSize("kernelX", kernelX.length);
  checkKernelSize("kernelY", kernelY.length);
  convolveSeparablePlain(src, width, height, kernelX, kernelY, dst);
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
  checkKernelSize("kernel", kernel.length, size);
  convolveMaskedPlain(src, mask, maskBits, width, height, kernel, size, dst);
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
  checkKernelSize("kernelX", kernelX.length);
  checkKernelSize("kernelY", kernelY.length);
  convolveSeparableMaskedPlain(src, mask, maskBits, width, height, kernelX, kernelY, dst);
}
