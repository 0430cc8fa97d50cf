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

/** A row or column counts as known when at least this share of its pixels is. */
const KNOWN_SHARE = 0.97;

/**
 * Cuts planes of one size to the same rectangle, dropping the border row or column with most unknown pixels until every
 * border is known in all of them; at least a quarter of each side stays.
 */
export function cropToKnown(planes: readonly Plane[]): Plane[] {
  const { width, height } = planes[0]!;
  let [x0, y0, x1, y1] = [0, 0, width, height];
  const unknown = (fromX: number, fromY: number, toX: number, toY: number): number => {
    let count = 0;
    for (let y = fromY; y < toY; y++) {
      for (let x = fromX; x < toX; x++) {
        if (planes.some(({ data }) => Number.isNaN(data[y * width + x]!))) count++;
      }
    }
    return count / ((toX - fromX) * (toY - fromY));
  };
  while (x1 - x0 > width / 4 && y1 - y0 > height / 4) {
    const sides = [
      unknown(x0, y0, x1, y0 + 1),
      unknown(x0, y1 - 1, x1, y1),
      unknown(x0, y0, x0 + 1, y1),
      unknown(x1 - 1, y0, x1, y1),
    ];
    const worst = sides.indexOf(Math.max(...sides));
    if (sides[worst]! <= 1 - KNOWN_SHARE) break;
    if (worst === 0) y0++;
    else if (worst === 1) y1--;
    else if (worst === 2) x0++;
    else x1--;
  }
  return planes.map(({ data }) => {
    const cut = new Float32Array((x1 - x0) * (y1 - y0));
    for (let y = y0; y < y1; y++)
      cut.set(data.subarray(y * width + x0, y * width + x1), (y - y0) * (x1 - x0));
    return { width: x1 - x0, height: y1 - y0, data: cut };
  });
}
