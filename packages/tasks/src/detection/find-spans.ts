import type { MaskedImage } from "@almagest/images";
import { ensureFloat32, ensureInt32 } from "./growable.ts";
import type { SeparableKernel } from "./separate-psf.ts";
import { smoothBlocks } from "./smooth-blocks.ts";

/** Runs of pixels above threshold with their smoothed values, joined into 8-connected groups, and the local maxima. */
export interface Spans {
  readonly count: number;
  /** Row, first and last column (from the box's corner), where its values begin, and its group's first span. */
  readonly y: Int32Array;
  readonly x0: Int32Array;
  readonly x1: Int32Array;
  readonly valueStart: Int32Array;
  readonly group: Int32Array;
  readonly values: Float32Array;
  readonly maximumCount: number;
  /** Span, column and row of each local maximum. */
  readonly maximumSpan: Int32Array;
  readonly maximumX: Int32Array;
  readonly maximumY: Int32Array;
  /** Interpolated position and value, and the value in units of sqrt(variance · Σφ²), before any noise scale. */
  readonly peakX: Float32Array;
  readonly peakY: Float32Array;
  readonly peakValue: Float32Array;
  readonly peakSnr: Float32Array;
}

function findRoot(parent: Int32Array, k: number): number {
  let root = k;
  while (parent[root]! !== root) root = parent[root]!;
  while (parent[k]! !== root) {
    const next = parent[k]!;
    parent[k] = root;
    k = next;
  }
  return root;
}

/** Smooths, thresholds at `threshold` times the smoothed noise (by the variance plane), joins runs and finds maxima. */
export function findSpans(
  masked: MaskedImage,
  kernel: SeparableKernel,
  badBits: number,
  threshold: number,
): Spans {
  const { width } = masked.bbox;
  const variance = masked.variance.data;
  const cut = threshold * threshold * kernel.squareSum;
  let y = new Int32Array(4096);
  let x0 = new Int32Array(4096);
  let x1 = new Int32Array(4096);
  let valueStart = new Int32Array(4096);
  let group = new Int32Array(4096);
  let values = new Float32Array(65536);
  let maximumSpan = new Int32Array(4096);
  let maximumX = new Int32Array(4096);
  let maximumY = new Int32Array(4096);
  let peakX = new Float32Array(4096);
  let peakY = new Float32Array(4096);
  let peakValue = new Float32Array(4096);
  let peakSnr = new Float32Array(4096);
  let count = 0;
  let valueCount = 0;
  let maximumCount = 0;
  let previousStart = 0;
  let previousEnd = 0;

  const addMaximum = (data: Float32Array, p: number, px: number, py: number, span: number): void => {
    const n = maximumCount++;
    if (n >= maximumSpan.length) {
      maximumSpan = ensureInt32(maximumSpan, n + 1);
      maximumX = ensureInt32(maximumX, n + 1);
      maximumY = ensureInt32(maximumY, n + 1);
      peakX = ensureFloat32(peakX, n + 1);
      peakY = ensureFloat32(peakY, n + 1);
      peakValue = ensureFloat32(peakValue, n + 1);
      peakSnr = ensureFloat32(peakSnr, n + 1);
    }
    const c = data[p]!;
    const slopeX = 0.5 * (data[p + 1]! - data[p - 1]!);
    const slopeY = 0.5 * (data[p + width]! - data[p - width]!);
    const bendX = 2 * c - data[p + 1]! - data[p - 1]!;
    const bendY = 2 * c - data[p + width]! - data[p - width]!;
    const dx = bendX > 0 ? Math.min(0.5, Math.max(-0.5, slopeX / bendX)) : 0;
    const dy = bendY > 0 ? Math.min(0.5, Math.max(-0.5, slopeY / bendY)) : 0;
    const value = c + 0.5 * (slopeX * dx + slopeY * dy);
    maximumSpan[n] = span;
    maximumX[n] = px;
    maximumY[n] = py;
    peakX[n] = px + dx;
    peakY[n] = py + dy;
    peakValue[n] = value;
    peakSnr[n] = value / Math.sqrt(variance[py * width + px]! * kernel.squareSum);
  };

  const addSpan = (data: Float32Array, row: number, from: number, to: number, py: number): void => {
    const n = count++;
    if (n >= y.length) {
      y = ensureInt32(y, n + 1);
      x0 = ensureInt32(x0, n + 1);
      x1 = ensureInt32(x1, n + 1);
      valueStart = ensureInt32(valueStart, n + 1);
      group = ensureInt32(group, n + 1);
    }
    y[n] = py;
    x0[n] = from;
    x1[n] = to;
    valueStart[n] = valueCount;
    group[n] = n;
    const need = valueCount + to - from + 1;
    if (need > values.length) values = ensureFloat32(values, need);
    for (let x = from; x <= to; x++) {
      const p = row + x;
      const v = data[p]!;
      values[valueCount++] = v;
      // Ties go to the pixel that comes last in reading order; the image's rim has no maxima.
      if (
        x > 0 &&
        x < width - 1 &&
        v > data[p + 1]! &&
        v >= data[p - 1]! &&
        v > data[p + width]! &&
        v >= data[p - width]! &&
        v > data[p + width + 1]! &&
        v > data[p + width - 1]! &&
        v >= data[p - width - 1]! &&
        v >= data[p - width + 1]!
      ) {
        addMaximum(data, p, x, py, n);
      }
    }
    // Join every run of the row above that touches this one, corners included.
    while (previousStart < previousEnd && x1[previousStart]! < from - 1) previousStart++;
    for (let k = previousStart; k < previousEnd && x0[k]! <= to + 1; k++) {
      const a = findRoot(group, k);
      const b = findRoot(group, n);
      if (a < b) group[b] = a;
      else group[a] = b;
    }
  };

  smoothBlocks(masked, kernel, badBits, (yStart, yEnd, data) => {
    for (let py = yStart; py < yEnd; py++) {
      const row = (py - yStart + 1) * width;
      const plane = py * width;
      const rowStart = count;
      let x = 0;
      while (x < width) {
        let s = data[row + x]!;
        // One comparison that is nearly always false: s·|s| keeps the sign without a branch.
        if (!(s * Math.abs(s) > cut * variance[plane + x]!)) {
          x++;
          continue;
        }
        const from = x;
        do {
          x++;
          s = data[row + x]!;
        } while (x < width && s * Math.abs(s) > cut * variance[plane + x]!);
        addSpan(data, row, from, x - 1, py);
      }
      previousStart = rowStart;
      previousEnd = count;
    }
  });
  for (let k = 0; k < count; k++) group[k] = findRoot(group, k);
  return {
    count,
    y,
    x0,
    x1,
    valueStart,
    group,
    values,
    maximumCount,
    maximumSpan,
    maximumX,
    maximumY,
    peakX,
    peakY,
    peakValue,
    peakSnr,
  };
}
