import type { Mesh, MeshOptions } from "../mesh.ts";
import { prepareMeshRows } from "../mesh-runs.ts";

/** The plain twin of `evaluateMesh` (sign 0), `addMesh` (1) and `subtractMesh` (−1). */
export function applyMeshPlain(
  data: Float32Array,
  width: number,
  height: number,
  mesh: Mesh,
  sign: -1 | 0 | 1,
  options: MeshOptions = {},
): void {
  const rows = prepareMeshRows(mesh, width, options);
  let at = 0;
  for (let y = 0; y < height; y++) {
    rows.forEachRun(y, (count, a, b, c, d, t0) => {
      for (let i = 0; i < count; i++, at++) {
        const t = t0 + i;
        const value = a + t * (b + t * (c + t * d));
        const old = data[at]!;
        data[at] = sign === 0 ? value : sign > 0 ? old + value : old - value;
      }
    });
  }
}
