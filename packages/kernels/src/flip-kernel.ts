/** A kernel mirrored through its centre: convolving with the mirror image is correlating with the original. */
export function flipKernel(kernel: Float32Array): Float32Array {
  return Float32Array.from(kernel).reverse();
}

/** Sum of a kernel, in f64, rounded once. */
export function kernelSum(kernel: Float32Array): number {
  let sum = 0;
  for (const value of kernel) sum += value;
  return Math.fround(sum);
}
