import { kernelSum } from "../flip-kernel.ts";
import { convolvePlain, convolveSeparablePlain } from "./convolve.ts";

const f = Math.fround;

/** Zeroes the pixels to leave out in a copy, and gives the matching plane of 1 (used) and 0 (left out). */
function splitUsable(src: Float32Array, mask: Uint32Array, bits: number): [Float32Array, Float32Array] {
  const values = new Float32Array(src.length);
  const used = new Float32Array(src.length);
  for (let i = 0; i < src.length; i++) {
    const value = src[i]!;
    if ((mask[i]! & bits) === 0 && Number.isFinite(value)) {
      values[i] = value;
      used[i] = 1;
    }
  }
  return [values, used];
}

function renormalise(dst: Float32Array, used: Float32Array, total: number): void {
  const least = f(Math.abs(total) * 0.01);
  for (let i = 0; i < dst.length; i++) {
    const sum = used[i]!;
    dst[i] = Math.abs(sum) > least ? f(f(dst[i]! * total) / sum) : Number.NaN;
  }
}

/** The plain twin of `convolveMasked`. */
export function convolveMaskedPlain(
  src: Float32Array,
  mask: Uint32Array,
  maskBits: number,
  width: number,
  height: number,
  kernel: Float32Array,
  size: number,
  dst: Float32Array,
): void {
  const [values, used] = splitUsable(src, mask, maskBits);
  const weights = new Float32Array(src.length);
  convolvePlain(values, width, height, kernel, size, dst);
  convolvePlain(used, width, height, kernel, size, weights);
  renormalise(dst, weights, kernelSum(kernel));
}

/** The plain twin of `convolveSeparableMasked`. */
export function convolveSeparableMaskedPlain(
  src: Float32Array,
  mask: Uint32Array,
  maskBits: number,
  width: number,
  height: number,
  kernelX: Float32Array,
  kernelY: Float32Array,
  dst: Float32Array,
): void {
  const [values, used] = splitUsable(src, mask, maskBits);
  const weights = new Float32Array(src.length);
  convolveSeparablePlain(values, width, height, kernelX, kernelY, dst);
  convolveSeparablePlain(used, width, height, kernelX, kernelY, weights);
  renormalise(dst, weights, f(kernelSum(kernelX) * kernelSum(kernelY)));
}
