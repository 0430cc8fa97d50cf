import { openArena } from "../engine/arena.ts";
import type { Mesh, MeshOptions } from "../mesh.ts";
import { prepareMeshRows } from "../mesh-runs.ts";

const STRIP_ROWS = 32;
/** A run in the module's memory: pixel count (i32), then a, b, c, d, t0 (f64). */
const RUN_BYTES = 48;

/** The fast way to store (sign 0), add or subtract a mesh: strips of rows through the module's memory. */
export function applyMeshStrips(
  data: Float32Array,
  width: number,
  height: number,
  mesh: Mesh,
  sign: -1 | 0 | 1,
  options: MeshOptions,
): void {
  const rows = prepareMeshRows(mesh, width, options);
  const strip = Math.min(STRIP_ROWS, height);
  const arena = openArena(strip * width * 4 + strip * rows.mostRuns * RUN_BYTES);
  const pixels = arena.floats(strip * width);
  const table = arena.bytes(strip * rows.mostRuns * RUN_BYTES);
  const counts = new Int32Array(table.view.buffer, table.at, strip * rows.mostRuns * (RUN_BYTES / 4));
  const terms = new Float64Array(table.view.buffer, table.at, strip * rows.mostRuns * (RUN_BYTES / 8));
  for (let y = 0; y < height; y += strip) {
    const end = Math.min(height, y + strip);
    let runs = 0;
    for (let row = y; row < end; row++) {
      rows.forEachRun(row, (count, a, b, c, d, t0) => {
        counts[runs * 12] = count;
        terms[runs * 6 + 1] = a;
        terms[runs * 6 + 2] = b;
        terms[runs * 6 + 3] = c;
        terms[runs * 6 + 4] = d;
        terms[runs * 6 + 5] = t0;
        runs++;
      });
    }
    const part = data.subarray(y * width, end * width);
    if (sign !== 0) pixels.view.set(part);
    arena.kernels.applyRuns(pixels.at, table.at, runs, sign);
    part.set(pixels.view.subarray(0, part.length));
  }
}
