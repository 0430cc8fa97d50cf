import type { WorkPlanes } from "./work-planes.ts";

/** Flux in an ellipse of 2.5 Kron radii. */
export interface KronFlux {
  flux: number;
  variance: number;
  /** Kron radius times the geometric mean axis, pixels. */
  radius: number;
  failed: boolean;
}

const imageSum = new Float64Array(1024);
const varianceSum = new Float64Array(1024);
/** The first moment runs to this many times the moments' ellipse. */
const MOMENT_REACH = 6;
const MAXIMUM_AXIS = 120;

/**
 * Kron (1980, ApJS 43, 305) flux as SExtractor's AUTO: R = Σ r I / Σ I over 6 times the ellipse of the given second moments
 * (r in units of that ellipse), then the flux within `factor`·R, at least `minimumRadius` ellipses.
 */
export function measureKron(
  planes: WorkPlanes,
  x: number,
  y: number,
  xx: number,
  xy: number,
  yy: number,
  factor: number,
  minimumRadius: number,
  out: KronFlux,
): void {
  const { width, height, image, variance } = planes;
  const det = xx * yy - xy * xy;
  const a = yy / det;
  const b = -xy / det;
  const c = xx / det;
  out.failed = false;
  const limit = Math.min(1, MAXIMUM_AXIS / (MOMENT_REACH * Math.sqrt(Math.max(xx, yy))));
  const reach = MOMENT_REACH * limit;
  let moment = 0;
  let total = 0;
  let y0 = Math.max(0, Math.ceil(y - reach * Math.sqrt(yy)));
  let y1 = Math.min(height - 1, Math.floor(y + reach * Math.sqrt(yy)));
  for (let py = y0; py <= y1; py++) {
    const dy = py - y;
    const h2 = (reach * reach - (dy * dy) / yy) / a;
    if (h2 <= 0) continue;
    const h = Math.sqrt(h2);
    const mid = x - (b / a) * dy;
    const xEnd = Math.min(width - 1, Math.floor(mid + h));
    for (let px = Math.max(0, Math.ceil(mid - h)); px <= xEnd; px++) {
      const dx = px - x;
      const d = image[py * width + px]!;
      moment += d * Math.sqrt(a * dx * dx + 2 * b * dx * dy + c * dy * dy);
      total += d;
    }
  }
  let kron = moment / total;
  if (!(total > 0) || !(kron > 0) || kron > reach) {
    out.failed = true;
    kron = minimumRadius / factor;
  }
  const geometric = Math.sqrt(Math.sqrt(det));
  out.radius = kron * geometric;
  let s = Math.max(factor * kron, minimumRadius);
  s = Math.min(s, MAXIMUM_AXIS / Math.sqrt(Math.max(xx, yy)));
  let flux = 0;
  let noise = 0;
  const heightReach = s * Math.sqrt(yy);
  const widthReach = s * Math.sqrt(xx);
  y0 = Math.max(0, Math.round(y - heightReach));
  y1 = Math.min(height - 1, Math.round(y + heightReach));
  const x0 = Math.max(0, Math.round(x - widthReach));
  const length = Math.min(width - 1, Math.round(x + widthReach)) - x0 + 1;
  for (let py = y0; py <= y1 && length > 0; py++) {
    const dy = py - y;
    const row = py * width + x0;
    let f = 0;
    let v = 0;
    for (let i = 0; i < length; i++) {
      f += image[row + i]!;
      v += variance[row + i]!;
      imageSum[i + 1] = f;
      varianceSum[i + 1] = v;
    }
    const low = Math.max(dy - 0.5, -heightReach);
    const band = Math.min(dy + 0.5, heightReach) - low;
    for (let q = 0; q < 3; q++) {
      // Three-point Gauss–Legendre across the row's band.
      const t = low + band * (0.5 + (q - 1) * 0.3872983346207417);
      const w = band * (q === 1 ? 4 / 9 : 5 / 18);
      const h2 = (s * s - (t * t) / yy) / a;
      if (h2 <= 0) continue;
      const h = Math.sqrt(h2);
      const mid = x - (b / a) * t - x0 + 0.5;
      const from = Math.max(0, mid - h);
      const to = Math.min(length, mid + h);
      if (to <= from) continue;
      const i = from | 0;
      const j = Math.min(to | 0, length - 1);
      flux +=
        w *
        (imageSum[j]! +
          (to - j) * (imageSum[j + 1]! - imageSum[j]!) -
          imageSum[i]! -
          (from - i) * (imageSum[i + 1]! - imageSum[i]!));
      noise +=
        w *
        (varianceSum[j]! +
          (to - j) * (varianceSum[j + 1]! - varianceSum[j]!) -
          varianceSum[i]! -
          (from - i) * (varianceSum[i + 1]! - varianceSum[i]!));
    }
  }
  out.flux = flux;
  out.variance = noise;
}
