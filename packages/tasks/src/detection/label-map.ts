import { borrowInts } from "@almagest/base";
import type { Box } from "@almagest/images";
import type { Footprints } from "./detections.ts";
import { ensureInt32 } from "./growable.ts";

/** A map of 32-bit labels over a box with a rim of −1 one pixel wide (so its rows are width + 2 long); 0 is free. Borrowed: give it back. */
export function createLabelMap(box: Box): Int32Array<ArrayBuffer> {
  const stride = box.width + 2;
  const labels = borrowInts(stride * (box.height + 2)).fill(0);
  labels.fill(-1, 0, stride);
  labels.fill(-1, stride * (box.height + 1));
  for (let y = 1; y <= box.height; y++) {
    labels[y * stride] = -1;
    labels[(y + 1) * stride - 1] = -1;
  }
  return labels;
}

/**
 * Grows labelled regions by `passes` pixels, 4- and 8-neighbours in turn so that circles stay round. A free pixel goes to the
 * first region that reaches it; `pixels` lists the labelled pixels at the start.
 */
export function growLabels(
  labels: Int32Array,
  stride: number,
  pixels: Int32Array,
  count: number,
  passes: number,
): void {
  const steps = [-1, 1, -stride, stride, -stride - 1, -stride + 1, stride - 1, stride + 1];
  let frontier = pixels;
  let frontierCount = count;
  for (let pass = 0; pass < passes; pass++) {
    const neighbours = pass % 2 === 1 ? 8 : 4;
    let next = new Int32Array(Math.max(1024, frontierCount));
    let n = 0;
    for (let k = 0; k < frontierCount; k++) {
      const p = frontier[k]!;
      const label = labels[p]!;
      if (n + 8 > next.length) next = ensureInt32(next, n + 8);
      for (let s = 0; s < neighbours; s++) {
        const q = p + steps[s]!;
        if (labels[q]! === 0) {
          labels[q] = label;
          next[n++] = q;
        }
      }
    }
    frontier = next;
    frontierCount = n;
  }
}

/** Reads a label map into runs per set: label L belongs to set `setOf[L]`, or to none where that is negative. */
export function collectSegments(labels: Int32Array, box: Box, setOf: Int32Array, count: number): Footprints {
  const { width, height } = box;
  let runs = 0;
  let runSet = new Int32Array(4096);
  let runY = new Int32Array(4096);
  let runX0 = new Int32Array(4096);
  let runX1 = new Int32Array(4096);
  const offsets = new Int32Array(count + 1);
  for (let y = 0; y < height; y++) {
    const row = (y + 1) * (width + 2) + 1;
    const end = row + width;
    for (let p = row; p < end; p++) {
      const label = labels[p]!;
      if (label === 0) {
        // Most of a frame is sky: pass over it eight pixels at a time.
        while (
          p + 8 < end &&
          (labels[p + 1]! |
            labels[p + 2]! |
            labels[p + 3]! |
            labels[p + 4]! |
            labels[p + 5]! |
            labels[p + 6]! |
            labels[p + 7]! |
            labels[p + 8]!) ===
            0
        ) {
          p += 8;
        }
        continue;
      }
      const start = p;
      // The rim's −1 ends every run.
      while (labels[p + 1]! === label) p++;
      const set = setOf[label]!;
      if (set < 0) continue;
      if (runs >= runSet.length) {
        runSet = ensureInt32(runSet, runs + 1);
        runY = ensureInt32(runY, runs + 1);
        runX0 = ensureInt32(runX0, runs + 1);
        runX1 = ensureInt32(runX1, runs + 1);
      }
      runSet[runs] = set;
      runY[runs] = y + box.y0;
      runX0[runs] = start - row + box.x0;
      runX1[runs++] = p - row + box.x0;
      offsets[set + 1]!++;
    }
  }
  for (let s = 0; s < count; s++) offsets[s + 1]! += offsets[s]!;
  const cursor = offsets.slice(0, count);
  const y = new Int32Array(runs);
  const x0 = new Int32Array(runs);
  const x1 = new Int32Array(runs);
  for (let r = 0; r < runs; r++) {
    const to = cursor[runSet[r]!]!++;
    y[to] = runY[r]!;
    x0[to] = runX0[r]!;
    x1[to] = runX1[r]!;
  }
  return { count, offsets, y, x0, x1 };
}

/** Unites segments into their footprints: `footprintOf` is sorted, so a footprint's runs are its segments' runs in turn. */
export function joinSegments(segments: Footprints, footprintOf: Int32Array, count: number): Footprints {
  const offsets = new Int32Array(count + 1);
  for (let k = 0; k < segments.count; k++) offsets[footprintOf[k]! + 1] = segments.offsets[k + 1]!;
  return { ...segments, count, offsets };
}
