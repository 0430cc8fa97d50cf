import type { WorkPlanes } from "./work-planes.ts";

const STEP = 3;
const values = new Float64Array(8192);

/**
 * Clipped mean of every ninth pixel (every third row and column) between two radii, and its standard error; NaN with fewer than 10.
 * Not subtracted from anything: it tells how flat the sky is.
 */
export function measureLocalBackground(
  planes: WorkPlanes,
  badBits: number,
  x: number,
  y: number,
  inner: number,
  outer: number,
): { level: number; error: number } {
  const { width, height, image, mask } = planes;
  const cx = Math.round(x);
  const cy = Math.round(y);
  const reach = Math.ceil(outer);
  let n = 0;
  const y0 = Math.max(0, cy - reach);
  for (let py = y0; py <= Math.min(height - 1, cy + reach); py += STEP) {
    const dy2 = (py - cy) * (py - cy);
    const x0 = Math.max(0, cx - reach);
    const x1 = Math.min(width - 1, cx + reach);
    for (let px = x0; px <= x1; px += STEP) {
      const r2 = dy2 + (px - cx) * (px - cx);
      if (r2 < inner * inner || r2 > outer * outer) continue;
      const p = py * width + px;
      // Zero is what a neighbour's light leaves behind when it is taken away.
      if ((mask[p]! & badBits) !== 0 || image[p] === 0 || n >= values.length) continue;
      values[n++] = image[p]!;
    }
  }
  if (n < 10) return { level: NaN, error: NaN };
  let mean = 0;
  let sigma = Infinity;
  let kept = n;
  for (let pass = 0; pass < 4; pass++) {
    let s1 = 0;
    let s2 = 0;
    kept = 0;
    for (let k = 0; k < n; k++) {
      const v = values[k]!;
      if (Math.abs(v - mean) > 3 * sigma) continue;
      kept++;
      s1 += v;
      s2 += v * v;
    }
    mean = s1 / kept;
    sigma = Math.sqrt(Math.max(0, s2 / kept - mean * mean));
  }
  return { level: mean, error: sigma / Math.sqrt(kept) };
}
