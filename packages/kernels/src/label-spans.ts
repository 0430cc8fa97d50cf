import type { SpanSet } from "./detect-spans.ts";

/** Smallest index in the same component; halves the path on the way. */
function findRoot(parent: Int32Array, index: number): number {
  let at = index;
  while (parent[at] !== at) {
    parent[at] = parent[parent[at]!]!;
    at = parent[at]!;
  }
  return at;
}

/** Joins runs of adjoining rows that touch, corners included; roots are the smallest run number of a component. */
function joinRuns(runs: Int32Array): Int32Array {
  const count = runs.length / 3;
  const parent = Int32Array.from({ length: count }, (_, i) => i);
  let above = 0;
  for (let i = 0; i < count; i++) {
    const y = runs[3 * i]!;
    const x0 = runs[3 * i + 1]! - 1;
    const x1 = runs[3 * i + 2]! + 1;
    while (
      above < i &&
      (runs[3 * above]! < y - 1 || (runs[3 * above] === y - 1 && runs[3 * above + 2]! < x0))
    ) {
      above++;
    }
    for (let k = above; k < i && runs[3 * k] === y - 1 && runs[3 * k + 1]! <= x1; k++) {
      const a = findRoot(parent, k);
      const b = findRoot(parent, i);
      if (a < b) parent[b] = a;
      else parent[a] = b;
    }
  }
  return parent;
}

/** Labels runs (y, first x, last x, in raster order) by 8-connected component, dropping small components. */
export function labelSpans(runs: Int32Array, minPixels: number): SpanSet {
  const count = runs.length / 3;
  const parent = joinRuns(runs);
  const pixels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    pixels[findRoot(parent, i)]! += runs[3 * i + 2]! - runs[3 * i + 1]! + 1;
  }
  const labels = new Int32Array(count).fill(-1);
  const spans = new Int32Array(count * 4);
  let spanCount = 0;
  let labelCount = 0;
  for (let i = 0; i < count; i++) {
    const root = findRoot(parent, i);
    if (pixels[root]! < minPixels) continue;
    if (root === i) {
      pixels[labelCount] = pixels[i]!;
      labels[i] = labelCount++;
    }
    spans[4 * spanCount] = runs[3 * i]!;
    spans[4 * spanCount + 1] = runs[3 * i + 1]!;
    spans[4 * spanCount + 2] = runs[3 * i + 2]!;
    spans[4 * spanCount + 3] = labels[root]!;
    spanCount++;
  }
  return {
    spans: spans.slice(0, 4 * spanCount),
    spanCount,
    labelCount,
    pixelCounts: pixels.slice(0, labelCount),
  };
}
