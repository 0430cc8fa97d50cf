import { openArena } from "../engine/arena.ts";

const CHUNK = 1024;

/** The fast `crosstalkSubtract`: chunks of all segments side by side in the module's memory. */
export function crosstalkSubtractChunks(
  segments: readonly Float32Array[],
  coefficients: readonly (readonly number[])[],
): void {
  const n = segments.length;
  const size = segments[0]?.length ?? 0;
  const arena = openArena(n * CHUNK * 8 + n * n * 4);
  const src = arena.floats(n * CHUNK);
  const dst = arena.floats(n * CHUNK);
  const table = arena.floats(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) table.view[i * n + j] = i === j ? 0 : (coefficients[i]?.[j] ?? 0);
  }
  for (let start = 0; start < size; start += CHUNK) {
    const count = Math.min(CHUNK, size - start);
    segments.forEach((segment, i) => {
      src.view.set(segment.subarray(start, start + count), i * CHUNK);
    });
    arena.kernels.crosstalkChunk(src.at, dst.at, table.at, n, CHUNK * 4);
    segments.forEach((segment, i) => {
      segment.set(dst.view.subarray(i * CHUNK, i * CHUNK + count), start);
    });
  }
}
