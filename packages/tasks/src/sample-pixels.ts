import type { MaskedImage } from "@almagest/images";

/**
 * Up to about `most` image values without any of `bits`, taken at an even stride coprime to the width so that no
 * column is favoured; enough for a median without sorting every pixel.
 */
export function samplePixels(image: MaskedImage, bits: number, most: number): Float64Array {
  const total = image.image.data.length;
  let stride = Math.max(1, Math.floor(total / most));
  while (stride > 1 && gcd(stride, image.bbox.width) !== 1) stride++;
  const values = new Float64Array(Math.ceil(total / stride));
  let count = 0;
  for (let i = 0; i < total; i += stride) {
    const value = image.image.data[i]!;
    if ((image.mask.data[i]! & bits) === 0 && value - value === 0) values[count++] = value;
  }
  return values.subarray(0, count);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
