import type { Mask } from "@almagest/images";

/** Sets `bit` on every pixel within `radius` (square neighbourhood) of the pixels with these indices, in place. */
export function growMask(mask: Mask, seeds: readonly number[], bit: number, radius: number): void {
  const { width, height } = mask.bbox;
  const data = mask.data;
  for (const seed of seeds) {
    const x = seed % width;
    const y = (seed - x) / width;
    const x1 = Math.min(width - 1, x + radius);
    const y1 = Math.min(height - 1, y + radius);
    for (let yy = Math.max(0, y - radius); yy <= y1; yy++) {
      for (let xx = Math.max(0, x - radius); xx <= x1; xx++) {
        data[yy * width + xx] = data[yy * width + xx]! | bit;
      }
    }
  }
}
