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

/** Terms of a polynomial of total degree `degree` at (u, v). */
function termsAt(degree: number, u: number, v: number): number[] {
  const terms = [1];
  if (degree > 0) terms.push(u, v);
  if (degree > 1) terms.push(u * u, u * v, v * v);
  return terms;
}

/** Least-squares trend of the finite nodes, refitted once without nodes that stick out. Constant 0 when there are none. */
function fitTrend(
  values: Float32Array,
  u: Float64Array,
  v: Float64Array,
  degree: number,
): (u: number, v: number) => number {
  const n = termsAt(degree, 0, 0).length;
  let use = Array.from(values.keys()).filter((k) => Number.isFinite(values[k]!));
  let solution = new Float64Array(n);
  for (let pass = 0; pass < 3 && use.length > 0; pass++) {
    const factor = new Float64Array(n * n);
    solution = new Float64Array(n);
    for (const k of use) {
      const t = termsAt(degree, u[k]!, v[k]!);
      for (let a = 0; a < n; a++) {
        solution[a]! += t[a]! * values[k]!;
        for (let b = 0; b <= a; b++) factor[a * n + b]! += t[a]! * t[b]!;
      }
    }
    choleskyInPlace(factor, n);
    choleskySolve(factor, n, solution);
    const rest = use.map((k) => {
      const t = termsAt(degree, u[k]!, v[k]!);
      return values[k]! - t.reduce((s, term, a) => s + term * solution[a]!, 0);
    });
    const { median, sigma } = robustStatistics(rest);
    const next = use.filter((_, i) => Math.abs(rest[i]! - median) <= 3 * sigma);
    if (next.length < 2 * n || next.length === use.length) break;
    use = next;
  }
  return (x, y) => termsAt(degree, x, y).reduce((s, term, a) => s + term * solution[a]!, 0);
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
  const node = (i: number): number => i + 0.5;
  const middle = (i: number, extent: number): number => 0.5 * (i + Math.min(extent / boxSize, i + 1));
  const u = Float64Array.from({ length: count }, (_, k) => middle(k % columns, bbox.width));
  const v = Float64Array.from({ length: count }, (_, k) => middle(Math.floor(k / columns), bbox.height));
  const clean = (values: Float32Array): Float32Array => {
    const trend = fitTrend(values, u, v, degree);
    const rest = values.map((value, k) => value - trend(u[k]!, v[k]!));
    const smooth = medianFilterMesh(fillMesh(rest, columns, rows), columns, rows, size);
    return smooth.map((value, k) => value + trend(node(k % columns), node(Math.floor(k / columns))));
  };
  return { ...mesh, level: clean(mesh.level), rms: clean(mesh.rms) };
}
