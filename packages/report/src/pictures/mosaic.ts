import type { Image } from "@almagest/images";
import type { Plane } from "./plane.ts";

/** Pastes images that share one pixel grid into one plane covering them all; later images do not overwrite earlier pixels.
 * Pixels nobody covers are NaN. */
export function pasteMosaic(images: readonly Image[]): Plane {
  const x0 = Math.min(...images.map((image) => image.bbox.x0));
  const y0 = Math.min(...images.map((image) => image.bbox.y0));
  const width = Math.max(...images.map((image) => image.bbox.x0 + image.bbox.width)) - x0;
  const height = Math.max(...images.map((image) => image.bbox.y0 + image.bbox.height)) - y0;
  const data = new Float32Array(width * height).fill(Number.NaN);
  for (const { bbox, data: source } of images) {
    for (let row = 0; row < bbox.height; row++) {
      let to = (bbox.y0 - y0 + row) * width + bbox.x0 - x0;
      for (let from = row * bbox.width; from < (row + 1) * bbox.width; from++, to++) {
        if (Number.isNaN(data[to]!)) data[to] = source[from]!;
      }
    }
  }
  return { width, height, data };
}

/** Averages blocks of `factor`² pixels, leaving out NaN; a block of NaN stays NaN. Factor 1 returns the plane itself. */
export function shrinkPlane(plane: Plane, factor: number): Plane {
  if (factor === 1) return plane;
  const width = Math.floor(plane.width / factor);
  const height = Math.floor(plane.height / factor);
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      let count = 0;
      for (let dy = 0; dy < factor; dy++) {
        const row = (y * factor + dy) * plane.width + x * factor;
        for (let dx = 0; dx < factor; dx++) {
          const value = plane.data[row + dx]!;
          if (value - value === 0) {
            sum += value;
            count++;
          }
        }
      }
      data[y * width + x] = count > 0 ? sum / count : Number.NaN;
    }
  }
  return { width, height, data };
}

/** The smallest whole factor that brings both sides to at most `limit` pixels. */
export function shrinkFactor(plane: Plane, limit: number): number {
  return Math.max(1, Math.ceil(Math.max(plane.width, plane.height) / limit));
}
