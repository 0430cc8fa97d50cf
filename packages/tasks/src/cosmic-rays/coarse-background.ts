import type { MaskedImage } from "@almagest/images";

/** A slowly varying level, evaluated between the centres of coarse boxes. */
export interface CoarseBackground {
  /** Level at column x, row y (counted from the image's first pixel). */
  at(x: number, y: number): number;
  /**
   * Calls `visit` with every pixel that is at least `sigmas` standard deviations of the darkest sky above the lowest
   * level nearby, row by row: the few that can be part of anything, at one comparison for each of the others.
   */
  visitAbove(sigmas: number, visit: (at: number, x: number, y: number) => void): void;
}

/** Pixels of one box that are looked at: enough for a median good to σ/17. */
const SAMPLES = 400;

/** Medians of boxes of about `boxSize` pixels, without those that have any of `bits`; bilinear in between. */
export function measureCoarseBackground(image: MaskedImage, bits: number, boxSize: number): CoarseBackground {
  const { width, height } = image.bbox;
  const nx = Math.max(1, Math.round(width / boxSize));
  const ny = Math.max(1, Math.round(height / boxSize));
  const levels = new Float64Array(nx * ny);
  const noises = new Float64Array(nx * ny);
  const sample = new Float64Array(SAMPLES * 4);
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      const x0 = Math.floor((i * width) / nx);
      const y0 = Math.floor((j * height) / ny);
      const w = Math.floor(((i + 1) * width) / nx) - x0;
      const h = Math.floor(((j + 1) * height) / ny) - y0;
      const stride = Math.max(1, Math.floor((w * h) / SAMPLES) | 1);
      let count = 0;
      let leastVariance = Number.POSITIVE_INFINITY;
      for (let k = 0; k < w * h && count < sample.length; k += stride) {
        const y = Math.floor(k / w);
        const at = (y0 + y) * width + x0 + (k - y * w);
        const value = image.image.data[at]!;
        if ((image.mask.data[at]! & bits) === 0 && value - value === 0) {
          sample[count++] = value;
          leastVariance = Math.min(leastVariance, image.variance.data[at]!);
        }
      }
      noises[j * nx + i] = count === 0 ? 0 : Math.sqrt(leastVariance);
      levels[j * nx + i] = count === 0 ? Number.NaN : sample.subarray(0, count).sort()[count >> 1]!;
    }
  }
  fillGaps(levels);
  const lowest = (i: number, j: number, sigmas: number) => {
    let least = Number.POSITIVE_INFINITY;
    for (let b = Math.max(0, j - 1); b <= Math.min(ny - 1, j + 1); b++) {
      for (let a = Math.max(0, i - 1); a <= Math.min(nx - 1, i + 1); a++) {
        least = Math.min(least, levels[b * nx + a]! + sigmas * noises[b * nx + a]!);
      }
    }
    return least;
  };
  return {
    visitAbove(sigmas, visit) {
      const data = image.image.data;
      for (let j = 0; j < ny; j++) {
        const limits = Float64Array.from({ length: nx }, (_, i) => lowest(i, j, sigmas));
        const yEnd = Math.floor(((j + 1) * height) / ny);
        for (let y = Math.floor((j * height) / ny); y < yEnd; y++) {
          for (let i = 0; i < nx; i++) {
            const limit = limits[i]!;
            const xEnd = Math.floor(((i + 1) * width) / nx);
            for (let x = Math.floor((i * width) / nx); x < xEnd; x++) {
              if (data[y * width + x]! >= limit) visit(y * width + x, x, y);
            }
          }
        }
      }
    },
    at(x, y) {
      const u = Math.min(nx - 1, Math.max(0, ((x + 0.5) * nx) / width - 0.5));
      const v = Math.min(ny - 1, Math.max(0, ((y + 0.5) * ny) / height - 0.5));
      const i = Math.min(Math.floor(u), Math.max(0, nx - 2));
      const j = Math.min(Math.floor(v), Math.max(0, ny - 2));
      const i1 = Math.min(i + 1, nx - 1);
      const j1 = Math.min(j + 1, ny - 1);
      const low = levels[j * nx + i]! * (1 - u + i) + levels[j * nx + i1]! * (u - i);
      const high = levels[j1 * nx + i]! * (1 - u + i) + levels[j1 * nx + i1]! * (u - i);
      return low * (1 - v + j) + high * (v - j);
    },
  };
}

/** Boxes without a good pixel take the median of the others (0 when there are none). */
function fillGaps(levels: Float64Array): void {
  const known = levels.filter((v) => v - v === 0).sort();
  const middle = known[known.length >> 1] ?? 0;
  for (let i = 0; i < levels.length; i++) if (levels[i]! - levels[i]! !== 0) levels[i] = middle;
}
