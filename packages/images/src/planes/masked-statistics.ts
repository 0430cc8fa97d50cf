import { type ClippedMoments, sigmaClip } from "@almagest/kernels";
import type { Box } from "../box.ts";
import { intersectBoxes } from "../box-algebra.ts";
import type { Image, Mask } from "../exposure.ts";

/** Finite pixels of an image without any of `badBits` (all of them when there is no mask), within `box`, in raster order. */
export function selectPixels(image: Image, mask?: Mask, badBits = 0, box: Box = image.bbox): Float32Array {
  const part = intersectBoxes(image.bbox, box);
  const values = new Float32Array(part.width * part.height);
  let n = 0;
  for (let y = part.y0; y < part.y0 + part.height; y++) {
    const row = (y - image.bbox.y0) * image.bbox.width - image.bbox.x0;
    for (let x = part.x0; x < part.x0 + part.width; x++) {
      const value = image.data[row + x]!;
      if (Number.isFinite(value) && ((mask ? mask.data[row + x]! : 0) & badBits) === 0) values[n++] = value;
    }
  }
  return values.subarray(0, n);
}

/** Sigma-clipped mean, median and deviation of the pixels `selectPixels` gives; mask and image have the same box. */
export function maskedStatistics(
  image: Image,
  mask?: Mask,
  badBits = 0,
  options: { readonly box?: Box; readonly clipSigma?: number; readonly iterations?: number } = {},
): ClippedMoments {
  const pixels = selectPixels(image, mask, badBits, options.box);
  return sigmaClip(pixels, options.clipSigma ?? 3, options.iterations ?? 5);
}
