import { checkPlane } from "./check-plane.ts";
import { prepareSpline, type RowSpline } from "./spline.ts";

/** A coarse plane: node (i, j) is at pixel x = (i + ½)·boxSize − ½, y = (j + ½)·boxSize − ½. Values must be finite. */
export interface Mesh {
  readonly nx: number;
  readonly ny: number;
  readonly boxSize: number;
  /** Row-major, nx × ny. */
  readonly values: Float32Array;
}

/** How a mesh is read between its nodes, and which part of it the plane covers. */
export interface MeshOptions {
  /** Natural bicubic spline (the default) or bilinear; both continue linearly beyond the outermost nodes. */
  readonly interpolation?: "spline" | "bilinear";
  /** Mesh pixel coordinates of the plane's first pixel; (0, 0) if not given. */
  readonly x0?: number;
  readonly y0?: number;
}

type StoreRow = (
  offset: number,
  count: number,
  a: number,
  b: number,
  c: number,
  d: number,
  t0: number,
) => void;

/** Calls `store` for each run of pixels that lies between two nodes: value = a + t(b + t(c + t·d)), t = t0 + i. */
function forEachRun(mesh: Mesh, width: number, height: number, options: MeshOptions, store: StoreRow): void {
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
  for (let y = 0; y < height; y++) {
    const v = (y + y0 + 0.5) / boxSize - 0.5;
    for (let i = 0; i < nx; i++) nodes[i] = columns[i]!.valueAt(v);
    const row = prepareSpline(nodes, smooth);
    for (let x = 0; x < width; ) {
      const u = (x + x0 + 0.5) / boxSize - 0.5;
      const cell = row.cellOf(u);
      const next = cell + 1 < row.cells ? Math.ceil((cell + 1.5) * boxSize - 0.5) - x0 : width;
      const end = Math.max(x + 1, Math.min(width, next));
      const { a, b, c, d, start } = row.cubic(cell);
      const s = 1 / boxSize;
      store(y * width + x, end - x, a, b * s, c * s * s, d * s * s * s, (u - start) * boxSize);
      x = end;
    }
  }
}

/** Writes the mesh's value at each pixel of a plane into `dst` (f64 inside, rounded once). */
export function evaluateMesh(
  mesh: Mesh,
  width: number,
  height: number,
  dst: Float32Array,
  options: MeshOptions = {},
): void {
  checkPlane("dst", dst, width, height);
  forEachRun(mesh, width, height, options, (offset, count, a, b, c, d, t0) => {
    for (let i = 0; i < count; i++) {
      const t = t0 + i;
      dst[offset + i] = a + t * (b + t * (c + t * d));
    }
  });
}

/** Subtracts the mesh's value at each pixel from a plane, in place. */
export function subtractMesh(
  data: Float32Array,
  width: number,
  height: number,
  mesh: Mesh,
  options: MeshOptions = {},
): void {
  checkPlane("data", data, width, height);
  forEachRun(mesh, width, height, options, (offset, count, a, b, c, d, t0) => {
    for (let i = 0; i < count; i++) {
      const t = t0 + i;
      data[offset + i]! -= a + t * (b + t * (c + t * d));
    }
  });
}

/** Adds the mesh's value at each pixel to a plane, in place: undoes `subtractMesh` to f32 rounding. */
export function addMesh(
  data: Float32Array,
  width: number,
  height: number,
  mesh: Mesh,
  options: MeshOptions = {},
): void {
  checkPlane("data", data, width, height);
  forEachRun(mesh, width, height, options, (offset, count, a, b, c, d, t0) => {
    for (let i = 0; i < count; i++) {
      const t = t0 + i;
      data[offset + i]! += a + t * (b + t * (c + t * d));
    }
  });
}
