import { AlmagestError } from "@almagest/base";
import type { Hills } from "./find-hills.ts";
import { ensureFloat32, ensureInt32 } from "./growable.ts";

/** When a lesser maximum counts as a source of its own. */
export interface SplitOptions {
  /** Height above the saddle to a higher peak, in units of the smoothed noise at the peak. */
  readonly minimumProminence: number;
  /** Height above the saddle as a share of the higher peak. */
  readonly contrast: number;
  /** Smallest S/N of a peak. */
  readonly threshold: number;
  readonly noiseScale: number;
}

/** Takes footprints apart; holds scratch memory that grows with the largest footprint. */
export interface PeakSplitter {
  /**
   * Splits a region and returns how many peaks survive. Their maximum indices are in `peaks`, falling by value;
   * `forEachPixel` then tells each pixel's peak (−1 for none).
   */
  split(region: number): number;
  readonly peaks: () => Int32Array;
  forEachPixel(visit: (x: number, y: number, peak: number) => void): void;
}

/**
 * Creates a splitter: it floods the smoothed image from the highest pixel down (the exact form of many-threshold deblending,
 * Bertin & Arnouts 1996, §6.3, with as many thresholds as pixels), and where two hills meet keeps the lesser one if it stands
 * out far enough above the saddle; otherwise it becomes part of its neighbour.
 */
export function createPeakSplitter(spans: Hills, options: SplitOptions): PeakSplitter {
  let grid = new Int32Array(4096);
  let pixelCell = new Int32Array(1024);
  let pixelValue = new Float32Array(1024);
  let pixelHill = new Int32Array(1024);
  let pixelSegment = new Int32Array(1024);
  let keys = new Float64Array(1024);
  let hillParent = new Int32Array(64);
  let hillPeak = new Int32Array(64);
  let hillTop = new Float32Array(64);
  let segmentParent = new Int32Array(64);
  let segmentKept = new Int32Array(64);
  let peaks = new Int32Array(64);
  let peakOfSegment = new Int32Array(64);
  const floatBits = new Float32Array(1);
  const intBits = new Uint32Array(floatBits.buffer);
  let pixelCount = 0;
  let gridWidth = 0;
  let originX = 0;
  let originY = 0;

  const root = (parent: Int32Array, k: number): number => {
    while (parent[k]! !== k) k = parent[k] = parent[parent[k]!]!;
    return k;
  };

  /** Lays the group's pixels out on a local grid and sorts them by value. */
  const load = (region: number): void => {
    const from = spans.spanStarts[region]!;
    const to = spans.spanStarts[region + 1]!;
    let xMin = Infinity;
    let xMax = -1;
    originY = spans.y[from]! - 1;
    for (let s = from; s < to; s++) {
      xMin = Math.min(xMin, spans.x0[s]!);
      xMax = Math.max(xMax, spans.x1[s]!);
    }
    originX = xMin - 1;
    gridWidth = xMax - xMin + 3;
    const cells = gridWidth * (spans.y[to - 1]! - originY + 2);
    grid = ensureInt32(grid, cells);
    grid.fill(-1, 0, cells);
    pixelCount = 0;
    for (let s = from; s < to; s++) {
      const length = spans.x1[s]! - spans.x0[s]! + 1;
      pixelCell = ensureInt32(pixelCell, pixelCount + length);
      pixelValue = ensureFloat32(pixelValue, pixelCount + length);
      const cell = (spans.y[s]! - originY) * gridWidth + spans.x0[s]! - originX;
      for (let i = 0; i < length; i++) {
        pixelCell[pixelCount] = cell + i;
        pixelValue[pixelCount++] = spans.smooth[spans.y[s]! * spans.width + spans.x0[s]! + i]!;
      }
    }
    if (pixelCount > 0x3fffff) {
      throw new AlmagestError(
        "TASKS.FOOTPRINT_TOO_LARGE",
        "A connected region above threshold has more than 4 million pixels; subtract the background first.",
        { fields: { pixels: pixelCount } },
      );
    }
    pixelHill = ensureInt32(pixelHill, pixelCount);
    pixelSegment = ensureInt32(pixelSegment, pixelCount);
    if (keys.length < pixelCount) keys = new Float64Array(2 * pixelCount);
    // Positive floats order like their bits: value and pixel in one exact double sorts without a comparator.
    for (let i = 0; i < pixelCount; i++) {
      floatBits[0] = pixelValue[i]!;
      keys[i] = intBits[0]! * 0x400000 + (0x3fffff - i);
    }
    keys.subarray(0, pixelCount).sort();
  };

  const stands = (hill: number, saddle: number, higher: number): boolean => {
    const peak = hillPeak[hill]!;
    if (peak < 0) return false;
    const prominence = spans.peakValue[peak]! - saddle;
    const sigma = (options.noiseScale * spans.peakValue[peak]!) / spans.peakSnr[peak]!;
    return (
      spans.peakSnr[peak]! >= options.threshold * options.noiseScale &&
      prominence >= options.minimumProminence * sigma &&
      prominence >= options.contrast * hillTop[higher]!
    );
  };

  /** The listed maximum at a pixel, or −1. */
  const maximumAt = (region: number, pixel: number): number => {
    for (let m = spans.maximumStarts[region]!; m < spans.maximumStarts[region + 1]!; m++) {
      if (spans.maximumPixel[m]! === pixel) return m;
    }
    return -1;
  };

  const split: PeakSplitter["split"] = (region) => {
    load(region);
    const steps = [
      -1,
      1,
      -gridWidth,
      gridWidth,
      -gridWidth - 1,
      -gridWidth + 1,
      gridWidth - 1,
      gridWidth + 1,
    ];
    let hills = 0;
    for (let k = pixelCount - 1; k >= 0; k--) {
      const i = 0x3fffff - (keys[k]! % 0x400000);
      const cell = pixelCell[i]!;
      const value = pixelValue[i]!;
      let uphill = -1;
      let best = -1;
      for (const step of steps) {
        const n = grid[cell + step]!;
        if (n < 0) continue;
        if (uphill < 0 || pixelValue[n]! > pixelValue[uphill]!) uphill = n;
        const hill = root(hillParent, pixelHill[n]!);
        if (best < 0 || hillTop[hill]! > hillTop[best]!) best = hill;
      }
      grid[cell] = i;
      if (uphill < 0) {
        const h = hills++;
        hillParent = ensureInt32(hillParent, hills);
        hillPeak = ensureInt32(hillPeak, hills);
        hillTop = ensureFloat32(hillTop, hills);
        segmentParent = ensureInt32(segmentParent, hills);
        segmentKept = ensureInt32(segmentKept, hills);
        hillParent[h] = h;
        segmentParent[h] = h;
        segmentKept[h] = 0;
        hillTop[h] = value;
        const x = (cell % gridWidth) + originX;
        const y = Math.floor(cell / gridWidth) + originY;
        hillPeak[h] = maximumAt(region, y * spans.width + x);
        pixelHill[i] = h;
        pixelSegment[i] = h;
        continue;
      }
      pixelHill[i] = best;
      pixelSegment[i] = root(segmentParent, pixelSegment[uphill]!);
      for (const step of steps) {
        const n = grid[cell + step]!;
        if (n < 0 || n === i) continue;
        const hill = root(hillParent, pixelHill[n]!);
        if (hill === best) continue;
        if (stands(hill, value, best)) segmentKept[hill] = 1;
        else {
          const target = pixelOfHill(best, cell, steps);
          const into = root(segmentParent, pixelSegment[target]!);
          if (into !== hill) segmentParent[hill] = into;
        }
        hillParent[hill] = best;
      }
      pixelSegment[i] = root(segmentParent, pixelSegment[uphill]!);
    }
    const top = root(hillParent, pixelHill[0]!);
    const topPeak = hillPeak[top]!;
    if (topPeak >= 0 && spans.peakSnr[topPeak]! >= options.threshold * options.noiseScale) {
      segmentKept[top] = 1;
    }
    peaks = ensureInt32(peaks, hills);
    peakOfSegment = ensureInt32(peakOfSegment, hills);
    peakOfSegment.fill(-1, 0, hills);
    let kept = 0;
    // Hills were created in falling order of their tops.
    for (let h = 0; h < hills; h++) {
      if (segmentKept[h] === 1) {
        peakOfSegment[h] = kept;
        peaks[kept++] = hillPeak[h]!;
      }
    }
    return kept;
  };

  /** The neighbour of `cell` on hill `hill` that is highest. */
  const pixelOfHill = (hill: number, cell: number, steps: readonly number[]): number => {
    let found = -1;
    for (const step of steps) {
      const n = grid[cell + step]!;
      if (n < 0 || root(hillParent, pixelHill[n]!) !== hill) continue;
      if (found < 0 || pixelValue[n]! > pixelValue[found]!) found = n;
    }
    return found;
  };

  return {
    split,
    peaks: () => peaks,
    forEachPixel(visit) {
      for (let i = 0; i < pixelCount; i++) {
        const cell = pixelCell[i]!;
        const segment = root(segmentParent, pixelSegment[i]!);
        visit((cell % gridWidth) + originX, Math.floor(cell / gridWidth) + originY, peakOfSegment[segment]!);
      }
    },
  };
}
