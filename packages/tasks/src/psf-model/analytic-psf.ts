import { type Box, createPixelGridPsf, type PixelGridPsf } from "@almagest/images";
import { type Moments, measureMoments } from "../measurement/adaptive-moments.ts";
import { medianOf } from "../median.ts";
import type { StarStamps } from "./star-stamps.ts";

/** Moffat exponent of the wings: between Kolmogorov turbulence (4.765) and what telescopes add (Trujillo et al. 2001). */
const BETA = 3.5;

/** An elliptical Moffat profile with the median adaptive moments of a few stars, the same everywhere on `box`. */
export function createAnalyticPsf(stamps: StarStamps, box: Box, sigma: number): PixelGridPsf {
  const { size } = stamps;
  const area = size * size;
  const half = size >> 1;
  const found: Moments[] = [];
  for (let s = 0; s < stamps.count; s++) {
    const moments: Moments = { xx: 0, yy: 0, xy: 0, flux: 0, failed: false };
    const x = half + stamps.x[s]! - Math.round(stamps.x[s]!);
    const y = half + stamps.y[s]! - Math.round(stamps.y[s]!);
    const data = stamps.data.subarray(s * area, (s + 1) * area);
    measureMoments(data, size, size, x, y, sigma * sigma, 400, 1e-4, moments);
    if (!moments.failed) found.push(moments);
  }
  const pick = (value: (m: Moments) => number, fallback: number): number =>
    found.length > 0 ? medianOf(found.map(value)) : fallback;
  const target = {
    xx: pick((m) => m.xx, sigma * sigma),
    yy: pick((m) => m.yy, sigma * sigma),
    xy: pick((m) => m.xy, 0),
  };
  // The profile's own adaptive moments are not its shape matrix: scale the matrix until they agree.
  const shape = { ...target };
  const measured: Moments = { xx: 0, yy: 0, xy: 0, flux: 0, failed: false };
  let data = drawMoffat(size, shape);
  for (let pass = 0; pass < 8; pass++) {
    measureMoments(data, size, size, half, half, sigma * sigma, 400, 1e-4, measured);
    if (measured.failed) break;
    shape.xx *= target.xx / measured.xx;
    shape.yy *= target.yy / measured.yy;
    shape.xy += target.xy - measured.xy;
    data = drawMoffat(size, shape);
  }
  return createPixelGridPsf({ bbox: box, order: 0, size, basis: data });
}

function drawMoffat(size: number, { xx, yy, xy }: { xx: number; yy: number; xy: number }): Float32Array {
  const half = size >> 1;
  const det = xx * yy - xy * xy;
  const out = new Float32Array(size * size);
  let sum = 0;
  for (let j = -half; j <= half; j++) {
    for (let i = -half; i <= half; i++) {
      const r2 = (yy * i * i - 2 * xy * i * j + xx * j * j) / det;
      const v = (1 + r2 / (2 * BETA - 2)) ** -BETA;
      out[(j + half) * size + i + half] = v;
      sum += v;
    }
  }
  return out.map((v) => v / sum);
}
