import { checkPlane } from "./check-plane.ts";
import type { Mesh, MeshOptions } from "./mesh.ts";
import { prepareSpline, type RowSpline } from "./spline.ts";

/** Takes `count` pixels of a row whose values are a + t(b + t(c + t·d)) with t = t0 + 0, 1, 2 … */
export type TakeRun = (count: number, a: number, b: number, c: number, d: number, t0: number) => void;

/** The runs of one row of a mesh after the other: between two nodes a row is one cubic. */
export interface MeshRows {
  /** Most runs a row can have. */
  readonly mostRuns: number;
  /** Hands the runs of row `y` of the plane to `take`, left to right. */
  forEachRun(y: number, take: TakeRun): void;
}

/** Prepares a mesh for reading rows of `width` pixels. Throws `KERNELS.SIZE_MISMATCH`. */
export function prepareMeshRows(mesh: Mesh, width: number, options: MeshOptions): MeshRows {
  const { nx, ny, boxSize, values } = mesh;
  const { x0 = 0, y0 = 0, interpolation = "spline" } = options;
  checkPlane("mesh.values", values, nx, ny);
  const smooth = interpolation === "spline";
  const columns: RowSpline[] = [];
  for (let i = 0; i < nx; i++) {
    columns.push(
      prepareSpline(
        Float64Array.from({ length: ny }, (_, j) => values[j * nx + i]!),
        smooth,
      ),
    );
  }
  const nodes = new Float64Array(nx);
  const s = 1 / boxSize;
  const forEachRun = (y: number, take: TakeRun): void => {
    const v = (y + y0 + 0.5) / boxSize - 0.5;
    for (let i = 0; i < nx; i++) nodes[i] = columns[i]!.valueAt(v);
    const row = prepareSpline(nodes, smooth);
    for (let x = 0; x < width; ) {
      const u = (x + x0 + 0.5) / boxSize - 0.5;
      const cell = row.cellOf(u);
      const next = cell + 1 < row.cells ? Math.ceil((cell + 1.5) * boxSize - 0.5) - x0 : width;
      const end = Math.max(x + 1, Math.min(width, next));
      const { a, b, c, d, start } = row.cubic(cell);
      take(end - x, a, b * s, c * s * s, d * s * s * s, (u - start) * boxSize);
      x = end;
    }
  };
  return { mostRuns: Math.min(width, Math.ceil(width / boxSize) + 2), forEachRun };
}
