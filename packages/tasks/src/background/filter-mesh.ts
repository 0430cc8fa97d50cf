import { fillMesh } from "@almagest/images";
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

/** Fills and median-filters both planes of a mesh. */
export function filterMesh(mesh: SkyMesh, size: number): SkyMesh {
  const { columns, rows } = mesh;
  const clean = (v: Float32Array): Float32Array =>
    medianFilterMesh(fillMesh(v, columns, rows), columns, rows, size);
  return { ...mesh, level: clean(mesh.level), rms: clean(mesh.rms) };
}
