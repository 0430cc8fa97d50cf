import type { MaskedImage } from "@almagest/images";
import { convolveSymmetric } from "./convolve-rows.ts";
import type { SeparableKernel } from "./separate-psf.ts";

const BLOCK_ROWS = 96;

/**
 * Smooths an image block of rows by block, so that only a cache-sized piece exists at a time. `visit` gets rows
 * yStart … yEnd−1 (from the box's corner); row y is at `data[(y − yStart + 1) · width]`, and one more row exists before and
 * after (zeros outside the image). Bad and non-finite pixels count as 0.
 */
export function smoothBlocks(
  masked: MaskedImage,
  kernel: SeparableKernel,
  badBits: number,
  visit: (yStart: number, yEnd: number, data: Float32Array) => void,
): void {
  const { width, height } = masked.bbox;
  const halo = kernel.half + 1;
  const clean = new Float32Array(width * (BLOCK_ROWS + 2 * halo));
  const smooth = new Float32Array(clean.length);
  const image = masked.image.data;
  const mask = masked.mask.data;
  for (let yStart = 0; yStart < height; yStart += BLOCK_ROWS) {
    const yEnd = Math.min(height, yStart + BLOCK_ROWS);
    const rows = yEnd - yStart + 2 * halo;
    for (let r = 0; r < rows; r++) {
      const y = yStart - halo + r;
      const to = r * width;
      if (y < 0 || y >= height) {
        clean.fill(0, to, to + width);
        continue;
      }
      const from = y * width;
      for (let x = 0; x < width; x++) {
        const v = image[from + x]!;
        clean[to + x] = (mask[from + x]! & badBits) === 0 && v - v === 0 ? v : 0;
      }
    }
    convolveSymmetric(clean.subarray(0, rows * width), width, rows, kernel.x, kernel.y, smooth);
    const out = smooth.subarray(kernel.half * width, (kernel.half + yEnd - yStart + 2) * width);
    if (yStart === 0) out.fill(0, 0, width);
    if (yEnd === height) out.fill(0, out.length - width);
    visit(yStart, yEnd, out);
  }
}
