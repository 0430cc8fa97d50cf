import type { WorkPlanes } from "./work-planes.ts";

/** A position in work-plane pixels and how well it is known. */
export interface Centroid {
  x: number;
  y: number;
  /** Σ w² dx² V and Σ w² dy² V over (Σ w d)²: the variance of one weighted mean, before the window's gain. */
  varX: number;
  varY: number;
  failed: boolean;
}

const weightX = new Float64Array(256);

/**
 * Centroid in a round Gaussian window of width `sigma`: moves the window until the weighted mean offset is zero. For a source
 * of the window's own shape that is the maximum-likelihood position (like SExtractor's WIN positions; the factor 2 makes the
 * step a Newton step for such a source). Ends when a step is below `tolerance` pixels; fails, keeping the start, when it wanders more than `maximumShift` pixels.
 */
export function measureCentroid(
  planes: WorkPlanes,
  startX: number,
  startY: number,
  sigma: number,
  maximumShift: number,
  tolerance: number,
  out: Centroid,
): void {
  const { width, height, image, variance } = planes;
  let x = startX;
  let y = startY;
  const reach = Math.min(120, Math.ceil(4 * sigma));
  const inverse = -0.5 / (sigma * sigma);
  out.failed = true;
  out.x = startX;
  out.y = startY;
  out.varX = Infinity;
  out.varY = Infinity;
  for (let pass = 0; pass < 20; pass++) {
    const x0 = Math.max(0, Math.round(x) - reach);
    const x1 = Math.min(width - 1, Math.round(x) + reach);
    const y0 = Math.max(0, Math.round(y) - reach);
    const y1 = Math.min(height - 1, Math.round(y) + reach);
    for (let px = x0; px <= x1; px++) weightX[px - x0] = Math.exp(inverse * (px - x) * (px - x));
    let sum = 0;
    let sumX = 0;
    let sumY = 0;
    for (let py = y0; py <= y1; py++) {
      const row = py * width;
      let s = 0;
      let sx = 0;
      for (let px = x0; px <= x1; px++) {
        const wd = weightX[px - x0]! * image[row + px]!;
        s += wd;
        sx += wd * (px - x);
      }
      const wy = Math.exp(inverse * (py - y) * (py - y));
      sum += wy * s;
      sumX += wy * sx;
      sumY += wy * s * (py - y);
    }
    if (!(sum > 0)) return;
    const dx = (2 * sumX) / sum;
    const dy = (2 * sumY) / sum;
    x += Math.max(-1, Math.min(1, dx));
    y += Math.max(-1, Math.min(1, dy));
    if (Math.abs(x - startX) > maximumShift || Math.abs(y - startY) > maximumShift) return;
    if (Math.abs(dx) > tolerance || Math.abs(dy) > tolerance) continue;
    let vx = 0;
    let vy = 0;
    for (let py = y0; py <= y1; py++) {
      const row = py * width;
      let v = 0;
      let vxx = 0;
      for (let px = x0; px <= x1; px++) {
        const w = weightX[px - x0]!;
        const wv = w * w * variance[row + px]!;
        v += wv;
        vxx += wv * (px - x) * (px - x);
      }
      const wy = Math.exp(2 * inverse * (py - y) * (py - y));
      vx += wy * vxx;
      vy += wy * v * (py - y) * (py - y);
    }
    out.x = x;
    out.y = y;
    out.varX = vx / (sum * sum);
    out.varY = vy / (sum * sum);
    out.failed = false;
    return;
  }
}
