import { checkPlane } from "./check-plane.ts";
import { applyMeshStrips } from "./strips/mesh-strips.ts";

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

/** Writes the mesh's value at each pixel of a plane into `dst` (f64 inside, rounded once). */
export function evaluateMesh(
  mesh: Mesh,
  width: number,
  height: number,
  dst: Float32Array,
  options: MeshOptions = {},
): void {
  checkPlane("dst", dst, width, height);
  applyMeshStrips(dst, width, height, mesh, 0, options);
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
  applyMeshStrips(data, width, height, mesh, -1, options);
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
  applyMeshStrips(data, width, height, mesh, 1, options);
}
