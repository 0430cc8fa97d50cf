import { fillMesh } from "@almagest/images";
import { choleskyInPlace, choleskySolve } from "../measurement/solve-symmetric.ts";
import { robustStatistics } from "../median.ts";
import type { SkyMesh } from "./sky-mesh.ts";

/** Median of each node's `size` × `size` neighbourhood, cut at the edges. */
export function medianFilterMesh(
  values: Float32Array,
  columns: number,
  rows: number,
  size: number,
): Float32Array {
  const half = size >> 1;
  if (half === 0) return values;
  const out = new Float32Array(values.length);
  const scratch = new Float32Array(size * size);
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      let n = 0;
      for (let jj = Math.max(0, j - half); jj <= Math.min(rows - 1, j + half); jj++) {
        for (let ii = Math.max(0, i - half); ii <= Math.min(columns - 1, i + half); ii++) {
          scratch[n++] = values[jj * columns + ii]!;
        }
      }
      const sorted = scratch.subarray(0, n).sort();
      out[j * columns + i] = n % 2 ? sorted[n >> 1]! : 0.5 * (sorted[n / 2 - 1]! + sorted[n / 2]!);
    }
  }
  return out;
}

/** Number of terms of a polynomial in two variables, by total degree. */
const TERMS = [1, 3, 6] as const;

/** Terms of a polynomial of total degree `degree` at each (u, v), one after another. */
function listTerms(degree: number, u: Float64Array, v: Float64Array): Float64Array {
  const n = TERMS[degree]!;
  const terms = new Float64Array(u.length * n);
  for (let k = 0; k < u.length; k++) {
    const x = u[k]!;
    const y = v[k]!;
    terms.set([1, x, y, x * x, x * y, y * y].slice(0, n), k * n);
  }
  return terms;
}

/** Value of the polynomial where its terms are those of node k. */
function evaluateAt(terms: Float64Array, solution: Float64Array, k: number): number {
  const n = solution.length;
  let sum = 0;
  for (let a = 0; a < n; a++) sum += terms[k * n + a]! * solution[a]!;
  return sum;
}

/** Adds the normal equations of one node. */
function addNode(
  terms: Float64Array,
  k: number,
  value: number,
  factor: Float64Array,
  solution: Float64Array,
): void {
  const n = solution.length;
  for (let a = 0; a < n; a++) {
    const term = terms[k * n + a]!;
    solution[a]! += term * value;
    for (let b = 0; b <= a; b++) factor[a * n + b]! += term * terms[k * n + b]!;
  }
}

/** Coefficients of the least-squares trend of the finite nodes, refitted once without nodes that stick out. Zeros when there
 * are none. */
function fitTrend(values: Float32Array, terms: Float64Array): Float64Array {
  const n = terms.length / values.length;
  let use = Array.from(values.keys()).filter((k) => Number.isFinite(values[k]!));
  let solution = new Float64Array(n);
  for (let pass = 0; pass < 3 && use.length > 0; pass++) {
    const factor = new Float64Array(n * n);
    solution = new Float64Array(n);
    for (const k of use) addNode(terms, k, values[k]!, factor, solution);
    choleskyInPlace(factor, n);
    choleskySolve(factor, n, solution);
    const rest = use.map((k) => values[k]! - evaluateAt(terms, solution, k));
    const { median, sigma } = robustStatistics(rest);
    const next = use.filter((_, i) => Math.abs(rest[i]! - median) <= 3 * sigma);
    if (next.length < 2 * n || next.length === use.length) break;
    use = next;
  }
  return solution;
}

/**
 * Fills and median-filters both planes of a mesh. A smooth trend (of second degree where there are nodes enough) is taken out
 * first, at the middle of the pixels that each box really has, and put back at its node: so a slope is not flattened at the
 * edges, where boxes are cut and the filter sees one side only.
 */
export function filterMesh(mesh: SkyMesh, size: number): SkyMesh {
  const { columns, rows, boxSize, bbox } = mesh;
  const count = columns * rows;
  const degree = count >= 20 ? 2 : count >= 8 ? 1 : 0;
  const place = (along: (i: number, extent: number) => number): Float64Array =>
    listTerms(
      degree,
      Float64Array.from({ length: count }, (_, k) => along(k % columns, bbox.width)),
      Float64Array.from({ length: count }, (_, k) => along(Math.floor(k / columns), bbox.height)),
    );
  const middles = place((i, extent) => 0.5 * (i + Math.min(extent / boxSize, i + 1)));
  const nodes = place((i) => i + 0.5);
  const clean = (values: Float32Array): Float32Array => {
    const trend = fitTrend(values, middles);
    const rest = values.map((value, k) => value - evaluateAt(middles, trend, k));
    const smooth = medianFilterMesh(fillMesh(rest, columns, rows), columns, rows, size);
    return smooth.map((value, k) => value + evaluateAt(nodes, trend, k));
  };
  return { ...mesh, level: clean(mesh.level), rms: clean(mesh.rms) };
}
