import { borrowFloats } from "@almagest/base";
import type { MaskedImage } from "@almagest/images";
import { convolveSeparable } from "@almagest/kernels";
import type { SeparableKernel } from "./separate-psf.ts";

const STRETCH = 128;

/** The image's pixels with bad and non-finite ones as 0: the image itself where there are none, else a copy. */
function cleanPixels(masked: MaskedImage, badBits: number): Float32Array {
  const image = masked.image.data;
  const mask = masked.mask.data;
  let out = image;
  for (let from = 0; from < image.length; from += STRETCH) {
    const to = Math.min(image.length, from + STRETCH);
    let bits = 0;
    let a = 0;
    let b = 0;
    let p = from;
    // Two sums hide the latency of adding; either is finite exactly if what went in is.
    for (; p + 3 < to; p += 4) {
      bits |= mask[p]! | mask[p + 1]! | mask[p + 2]! | mask[p + 3]!;
      a += image[p]! + image[p + 1]!;
      b += image[p + 2]! + image[p + 3]!;
    }
    for (; p < to; p++) {
      bits |= mask[p]!;
      a += image[p]!;
    }
    const sum = a + b;
    if ((bits & badBits) === 0 && sum - sum === 0) continue;
    if (out === image) out = image.slice();
    for (p = from; p < to; p++) {
      if ((mask[p]! & badBits) !== 0 || !Number.isFinite(image[p]!)) out[p] = 0;
    }
  }
  return out;
}

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
  convolveSeparable(cleanPixels(masked, badBits), width, height, kernelX, kernelY, out);
  return out;
}
