import type { DetectSpansInput } from "../detect-spans.ts";
import { openArena } from "../engine/arena.ts";

const STRIP_ROWS = 64;

/** The fast span finder: y, first x, last x of every run above threshold, in raster order. */
export function findRunsStrips(input: DetectSpansInput): Int32Array {
  const { image, width, height, threshold, variance, mask, ignoreBits = 0 } = input;
  const rows = Math.min(STRIP_ROWS, height);
  const strip = rows * width;
  const most = rows * (Math.floor(width / 2) + 1) * 3;
  const arena = openArena(strip * 16 + most * 4);
  const pixels = arena.floats(strip);
  const levels = typeof threshold === "number" ? undefined : arena.floats(strip);
  const noise = variance ? arena.floats(strip) : undefined;
  const bits = mask ? arena.words(strip) : undefined;
  const out = arena.integers(most);
  const found: Int32Array[] = [];
  let total = 0;
  for (let y = 0; y < height; y += rows) {
    const start = y * width;
    const count = Math.min(rows, height - y);
    const end = start + count * width;
    pixels.view.set(image.subarray(start, end));
    if (levels) levels.view.set((threshold as Float32Array).subarray(start, end));
    if (noise) noise.view.set(variance!.subarray(start, end));
    if (bits) bits.view.set(mask!.subarray(start, end));
    const runs = arena.kernels.findRuns(
      pixels.at,
      levels?.at ?? 0,
      typeof threshold === "number" ? threshold : 0,
      noise?.at ?? 0,
      bits?.at ?? 0,
      ignoreBits,
      input.polarity === "negative" ? 1 : 0,
      width,
      count,
      y,
      out.at,
    );
    found.push(out.view.slice(0, runs * 3));
    total += runs * 3;
  }
  const all = new Int32Array(total);
  let at = 0;
  for (const part of found) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
