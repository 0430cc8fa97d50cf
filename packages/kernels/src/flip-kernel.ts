/** A kernel mirrored through its centre: convolving with the mirror image is correlating with the original. */
export function flipKernel(kernel: Float32Array): Float32Array {
  return Float32Array.from(kernel).reverse();
}
