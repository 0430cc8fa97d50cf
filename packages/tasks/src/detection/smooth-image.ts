import { borrowFloats } from "@almagest/base";
import type { MaskedImage } from "@almagest/images";
import { convolveSeparableCleared } from "@almagest/kernels";
import type { SeparableKernel } from "./separate-psf.ts";

/**
 * The image correlated with a symmetric kernel that sums to 1; bad, non-finite and outside pixels count as 0. The plane is
 * borrowed: give it back.
 */
export function smoothImage(
  masked: MaskedImage,
  kernel: SeparableKernel,
  badBits: number,
): Float32Array<ArrayBuffer> {
  const { width, height } = masked.bbox;
  const out = borrowFloats(width * height);
  const kernelX = Float32Array.from(kernel.x);
  const kernelY = Float32Array.from(kernel.y);
  // The kernel is symmetric, so that convolving and correlating are the same.
  convolveSeparableCleared(
    masked.image.data,
    masked.mask.data,
    badBits,
    width,
    height,
    kernelX,
    kernelY,
    out,
  );
  return out;
}
