import type { Hills } from "./find-hills.ts";
import { createFlooder, type HillRules, type Surface } from "./flood-hills.ts";
import { ensureFloat32, ensureInt32 } from "./growable.ts";
import type { SeparableKernel } from "./separate-psf.ts";

/** When a lesser peak counts as a source of its own. */
export interface SplitOptions {
  /** Height above the saddle to a higher peak, in units of the smoothed noise at the peak … */
  readonly minimumProminence: number;
  /** … and as a share of the higher peak. */
  readonly contrast: number;
  /** The same on the sharpened image. */
  readonly sharpProminence: number;
  readonly sharpContrast: number;
  /** Regions whose peak has this S/N are looked at sharpened, too. */
  readonly sharpSnr: number;
  /** Smallest S/N of a peak. */
  readonly threshold: number;
  readonly noiseScale: number;
}

/** Free places around a region on its grid; also how far a peak must be the highest to be worth a flood. */
const RIM = 2;

/** Peaks of one region, valid until the next split. */
export interface RegionPeaks {
  readonly count: number;
  /** Interpolated position from the box's corner, and pixel index of the peak. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly pixel: readonly number[];
  /** Pixels of the region: plane index, and peak or −1. */
  readonly pixels: Int32Array;
  readonly pixelCount: number;
  readonly peakOf: Int32Array;
}

/** Interpolation lifts a peak above its pixel by less than this. */
const PIXEL_SHARE = 0.94;

/** The region's only maximum that may count at a threshold (S/N by the variance plane), or −1 when there are more or none. */
export function loneMaximum(hills: Hills, region: number, threshold: number): number {
  let lone = -1;
  for (let m = hills.maximumStarts[region]!; m < hills.maximumStarts[region + 1]!; m++) {
    if (hills.peakSnr[m]! < PIXEL_SHARE * threshold) continue;
    if (lone >= 0) return -1;
    lone = m;
  }
  return lone;
}

/** Strength of sharpening S − λ∇²S and the noise of the result relative to that of S. */
export function sharpen(kernel: SeparableKernel): { lambda: number; noise: number } {
  const { half, x, y } = kernel;
  const size = 2 * half + 1;
  let variance = 0;
  for (let k = -half; k <= half; k++) variance += 0.5 * k * k * (x[k + half]! + y[k + half]!);
  // λ = σ² gives a point source in S nearly the width that it has in the image itself.
  const lambda = variance;
  const at = (i: number, j: number): number => (i < 0 || j < 0 || i >= size || j >= size ? 0 : x[i]! * y[j]!);
  let squares = 0;
  for (let j = -1; j <= size; j++) {
    for (let i = -1; i <= size; i++) {
      const bend = at(i - 1, j) + at(i + 1, j) + at(i, j - 1) + at(i, j + 1) - 4 * at(i, j);
      squares += (at(i, j) - lambda * bend) ** 2;
    }
  }
  return { lambda, noise: Math.sqrt(squares / kernel.squareSum) };
}

/**
 * Creates a function that takes a region apart into peaks: first on the smoothed image, which finds faint neighbours; then, for
 * bright regions, on a sharpened one, S − λ∇²S, which parts pairs that smoothing has run together. A segment of the first that
 * holds several peaks of the second is divided among them.
 */
export function createPeakSplitter(
  hills: Hills,
  variance: Float32Array,
  kernel: SeparableKernel,
  options: SplitOptions,
): (region: number) => RegionPeaks {
  const { smooth, width } = hills;
  const height = smooth.length / width;
  const { lambda, noise } = sharpen(kernel);
  const flood = createFlooder();
  let cell = new Int32Array(1024);
  let pixels = new Int32Array(1024);
  let value = new Float32Array(1024);
  let peakOf = new Int32Array(1024);
  let sharpGrid = new Float32Array(1024);
  let pixelCount = 0;
  let gridWidth = 0;
  let cells = 0;
  let xs: number[] = [];
  let ys: number[] = [];
  let at: number[] = [];

  const load = (region: number): void => {
    const from = hills.spanStarts[region]!;
    const to = hills.spanStarts[region + 1]!;
    let xMin = Infinity;
    let xMax = -1;
    for (let s = from; s < to; s++) {
      xMin = Math.min(xMin, hills.x0[s]!);
      xMax = Math.max(xMax, hills.x1[s]!);
    }
    const y0 = hills.y[from]! - RIM;
    gridWidth = xMax - xMin + 1 + 2 * RIM;
    cells = gridWidth * (hills.y[to - 1]! - y0 + 1 + RIM);
    const area = hills.area[region]!;
    cell = ensureInt32(cell, area);
    pixels = ensureInt32(pixels, area);
    value = ensureFloat32(value, area);
    peakOf = ensureInt32(peakOf, area);
    pixelCount = 0;
    for (let s = from; s < to; s++) {
      const row = hills.y[s]! * width;
      const place = (hills.y[s]! - y0) * gridWidth - xMin + RIM;
      for (let x = hills.x0[s]!; x <= hills.x1[s]!; x++) {
        cell[pixelCount] = place + x;
        value[pixelCount] = smooth[row + x]!;
        pixels[pixelCount++] = row + x;
      }
    }
  };

  const onRim = (p: number): boolean => {
    const x = p % width;
    return x === 0 || x === width - 1 || p < width || p >= width * (height - 1);
  };

  /** S − λ∇²S; the rim stays as it is. */
  const sharpAt = (p: number): number =>
    onRim(p)
      ? smooth[p]!
      : smooth[p]! -
        lambda * (smooth[p - 1]! + smooth[p + 1]! + smooth[p - width]! + smooth[p + width]! - 4 * smooth[p]!);

  const rules = (prominence: number, contrast: number): HillRules => {
    const isSource = (top: number): boolean => {
      const p = pixels[top]!;
      const sigma = options.noiseScale * Math.sqrt(variance[p]! * kernel.squareSum);
      return sigma > 0 && smooth[p]! >= PIXEL_SHARE * options.threshold * sigma && !onRim(p);
    };
    return {
      counts: isSource,
      stands: (top, saddle, higher) => {
        const sigma = options.noiseScale * Math.sqrt(variance[pixels[top]!]! * kernel.squareSum);
        const rise = value[top]! - saddle;
        return rise >= prominence * sigma && rise >= contrast * higher && isSource(top);
      },
    };
  };
  const smoothRules = rules(options.minimumProminence, options.contrast);
  const sharpRules = rules(options.sharpProminence * noise, options.sharpContrast);

  /** Adds a peak at pixel number `top`, its place interpolated on the surface `read`. */
  const addPeak = (top: number, read: (p: number) => number): void => {
    const p = pixels[top]!;
    const c = read(p);
    const offset = (step: number): number => {
      const slope = 0.5 * (read(p + step) - read(p - step));
      const bend = 2 * c - read(p + step) - read(p - step);
      return bend > 0 ? Math.min(0.5, Math.max(-0.5, slope / bend)) : 0;
    };
    const x = p % width;
    xs.push(x + offset(1));
    ys.push((p - x) / width + offset(width));
    at.push(p);
  };
  const readSmooth = (p: number): number => smooth[p]!;

  /** Whether the loaded sharpened surface has two maxima high enough to matter: most regions do not, and need no flood. */
  const hasSeveralMaxima = (): boolean => {
    if (sharpGrid.length < cells) sharpGrid = new Float32Array(2 * cells);
    sharpGrid.fill(-Infinity, 0, cells);
    let highest = 0;
    for (let i = 0; i < pixelCount; i++) {
      sharpGrid[cell[i]!] = value[i]!;
      highest = Math.max(highest, value[i]!);
    }
    let maxima = 0;
    for (let i = 0; i < pixelCount && maxima < 2; i++) {
      const v = value[i]!;
      if (v < options.sharpContrast * highest) continue;
      const g = cell[i]!;
      let highestNear = true;
      for (let j = -RIM; j <= RIM && highestNear; j++) {
        const row = g + j * gridWidth;
        // Ties go to the pixel that comes last in reading order.
        for (let k = row - RIM; k <= row + RIM; k++) {
          if (sharpGrid[k]! > v || (sharpGrid[k]! === v && k > g)) highestNear = false;
        }
      }
      if (highestNear) {
        const sigma = options.noiseScale * Math.sqrt(variance[pixels[i]!]! * kernel.squareSum);
        if (v >= options.sharpProminence * noise * sigma) maxima++;
      }
    }
    return maxima > 1;
  };

  /** Divides segments that hold several sharp peaks; returns false when none does. */
  const divide = (surface: Surface, region: number): boolean => {
    let highest = 0;
    for (let m = hills.maximumStarts[region]!; m < hills.maximumStarts[region + 1]!; m++) {
      highest = Math.max(highest, hills.peakSnr[m]!);
    }
    if (highest < options.sharpSnr * options.noiseScale) return false;
    for (let i = 0; i < pixelCount; i++) value[i] = sharpAt(pixels[i]!);
    if (!hasSeveralMaxima()) return false;
    const sharp = flood(surface, sharpRules);
    const inside: number[][] = xs.map(() => []);
    for (let s = 0; s < sharp.count; s++) {
      const owner = peakOf[sharp.tops[s]!]!;
      if (owner >= 0) inside[owner]!.push(s);
    }
    if (inside.every((list) => list.length < 2)) return false;
    const before = { xs, ys, at };
    xs = [];
    ys = [];
    at = [];
    const first: number[] = [];
    const newOf = new Map<number, number>();
    inside.forEach((list, k) => {
      first.push(xs.length);
      if (list.length < 2) {
        xs.push(before.xs[k]!);
        ys.push(before.ys[k]!);
        at.push(before.at[k]!);
        return;
      }
      for (const s of list) {
        newOf.set(s, xs.length);
        addPeak(sharp.tops[s]!, sharpAt);
      }
    });
    for (let i = 0; i < pixelCount; i++) {
      const old = peakOf[i]!;
      if (old < 0) continue;
      const list = inside[old]!;
      if (list.length < 2) {
        peakOf[i] = first[old]!;
        continue;
      }
      const sharpHill = sharp.hillOf[i]!;
      // A pixel whose sharp hill lies in another segment goes to the nearest peak of its own.
      peakOf[i] = list.includes(sharpHill)
        ? newOf.get(sharpHill)!
        : nearestPeak(pixels[i]!, first[old]!, first[old]! + list.length);
    }
    return true;
  };

  const nearestPeak = (p: number, from: number, to: number): number => {
    const x = p % width;
    const y = (p - x) / width;
    let best = from;
    for (let k = from + 1; k < to; k++) {
      if (Math.hypot(xs[k]! - x, ys[k]! - y) < Math.hypot(xs[best]! - x, ys[best]! - y)) best = k;
    }
    return best;
  };

  return (region) => {
    load(region);
    xs = [];
    ys = [];
    at = [];
    const surface: Surface = { count: pixelCount, cell, value, gridWidth, cells };
    const lone = loneMaximum(hills, region, options.threshold * options.noiseScale);
    if (lone >= 0) {
      xs.push(hills.peakX[lone]!);
      ys.push(hills.peakY[lone]!);
      at.push(hills.maximumPixel[lone]!);
      peakOf.fill(0, 0, pixelCount);
    } else {
      const found = flood(surface, smoothRules);
      for (let k = 0; k < found.count; k++) addPeak(found.tops[k]!, readSmooth);
      for (let i = 0; i < pixelCount; i++) peakOf[i] = found.hillOf[i]!;
    }
    if (xs.length > 0) divide(surface, region);
    return {
      count: xs.length,
      x: xs,
      y: ys,
      pixel: at,
      pixels,
      pixelCount,
      peakOf,
    };
  };
}
