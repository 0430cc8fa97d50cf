import { checkBoxSize, checkPlane } from "./check-plane.ts";
import type { Mesh, MeshOptions } from "./mesh.ts";
import { fillCellCubic, fillSecondDerivatives } from "./spline.ts";

/** Takes `count` pixels of a row whose values are a + t(b + t(c + t·d)) with t = t0 + 0, 1, 2 … */
export type TakeRun = (count: number, a: number, b: number, c: number, d: number, t0: number) => void;

/** The runs of one row of a mesh after the other: between two nodes a row is one cubic. */
export interface MeshRows {
  /** Most runs a row can have. */
  readonly mostRuns: number;
  /** Hands the runs of row `y` of the plane to `take`, left to right. */
  forEachRun(y: number, take: TakeRun): void;
}

function cellOf(u: number, n: number): number {
  return Math.min(n - 1, Math.max(-1, Math.floor(u)));
}

/** Prepares a mesh for reading rows of `width` pixels. Throws `KERNELS.SIZE_MISMATCH`, `KERNELS.BOX_SIZE`. */
export function prepareMeshRows(mesh: Mesh, width: number, options: MeshOptions): MeshRows {
  const { nx, ny, boxSize, values } = mesh;
  const { x0 = 0, y0 = 0, interpolation = "spline" } = options;
  checkBoxSize(boxSize);
  checkPlane("mesh.values", values, nx, ny);
  const smooth = interpolation === "spline";
  const grid = Float64Array.from(values);
  const gridBend = new Float64Array(nx * ny);
  const scratch = new Float64Array(Math.max(nx, ny));
  if (smooth) for (let i = 0; i < nx; i++) fillSecondDerivatives(grid, i, nx, ny, gridBend, scratch);
  const nodes = new Float64Array(nx);
  const bend = new Float64Array(nx);
  const cubic = new Float64Array(5);
  const s = 1 / boxSize;
  const forEachRun = (y: number, take: TakeRun): void => {
    const v = (y + y0 + 0.5) / boxSize - 0.5;
    const gridCell = cellOf(v, ny);
    for (let i = 0; i < nx; i++) {
      fillCellCubic(grid, gridBend, i, nx, ny, gridCell, cubic);
      const t = v - cubic[4]!;
      nodes[i] = cubic[0]! + t * (cubic[1]! + t * (cubic[2]! + t * cubic[3]!));
    }
    if (smooth) fillSecondDerivatives(nodes, 0, 1, nx, bend, scratch);
    for (let x = 0; x < width; ) {
      const u = (x + x0 + 0.5) / boxSize - 0.5;
      const cell = cellOf(u, nx);
      const next = cell + 1 < nx ? Math.ceil((cell + 1.5) * boxSize - 0.5) - x0 : width;
      const end = Math.max(x + 1, Math.min(width, next));
      fillCellCubic(nodes, bend, 0, 1, nx, cell, cubic);
      const t0 = (u - cubic[4]!) * boxSize;
      take(end - x, cubic[0]!, cubic[1]! * s, cubic[2]! * s * s, cubic[3]! * s * s * s, t0);
      x = end;
    }
  };
  return { mostRuns: Math.min(width, Math.ceil(width / boxSize) + 2), forEachRun };
}
