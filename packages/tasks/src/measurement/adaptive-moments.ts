/** Second moments of the best-matching Gaussian, pixels²: `failed` when the iteration did not settle. */
export interface Moments {
  xx: number;
  yy: number;
  xy: number;
  /** Weighted flux of the matching Gaussian, 2 Σ w d. */
  flux: number;
  failed: boolean;
}

const MAXIMUM_PASSES = 60;

/**
 * Adaptive second moments about (x, y): the elliptical Gaussian weight is changed until it has the shape of what it measures
 * (Bernstein & Jarvis 2002, AJ 123, 583, §3.1). Starts from a round weight of `startVariance` pixels² and
 * ends when a moment changes by less than `tolerance` of their sum. The weight runs along
 * each row by recurrence, one exponential per row instead of one per pixel.
 */
export function measureMoments(
  image: Float32Array,
  width: number,
  height: number,
  x: number,
  y: number,
  startVariance: number,
  maximumVariance: number,
  tolerance: number,
  out: Moments,
): void {
  let xx = startVariance;
  let yy = startVariance;
  let xy = 0;
  out.failed = true;
  out.xx = xx;
  out.yy = yy;
  out.xy = 0;
  out.flux = 0;
  for (let pass = 0; pass < MAXIMUM_PASSES; pass++) {
    const det = xx * yy - xy * xy;
    const a = yy / det;
    const b = -xy / det;
    const c = xx / det;
    const reachX = Math.ceil(3.7 * Math.sqrt(xx));
    const reachY = Math.ceil(3.7 * Math.sqrt(yy));
    const x0 = Math.max(0, Math.round(x) - reachX);
    const x1 = Math.min(width - 1, Math.round(x) + reachX);
    const y0 = Math.max(0, Math.round(y) - reachY);
    const y1 = Math.min(height - 1, Math.round(y) + reachY);
    let sum = 0;
    let sxx = 0;
    let sxy = 0;
    let syy = 0;
    const bend = Math.exp(-a);
    const first = x0 - x;
    for (let py = y0; py <= y1; py++) {
      const dy = py - y;
      const row = py * width;
      let w = Math.exp(-0.5 * (a * first * first + 2 * b * first * dy + c * dy * dy));
      let ratio = Math.exp(-(a * (first + 0.5) + b * dy));
      let r0 = 0;
      let r1 = 0;
      let r2 = 0;
      for (let px = x0; px <= x1; px++) {
        const wd = w * image[row + px]!;
        const wdx = wd * (px - x);
        r0 += wd;
        r1 += wdx;
        r2 += wdx * (px - x);
        w *= ratio;
        ratio *= bend;
      }
      sum += r0;
      sxx += r2;
      sxy += r1 * dy;
      syy += r0 * dy * dy;
    }
    if (!(sum > 0)) return;
    sxx /= sum;
    sxy /= sum;
    syy /= sum;
    const detObserved = sxx * syy - sxy * sxy;
    if (!(sxx > 0 && syy > 0 && detObserved > 0)) return;
    // Source⁻¹ = observed⁻¹ − weight⁻¹; the next weight is that source.
    const na = syy / detObserved - a;
    const nb = -sxy / detObserved - b;
    const nc = sxx / detObserved - c;
    const nd = na * nc - nb * nb;
    if (!(na > 0 && nc > 0 && nd > 0)) return;
    const nextXx = nc / nd;
    const nextYy = na / nd;
    const nextXy = -nb / nd;
    if (nextXx + nextYy > 2 * maximumVariance || nextXx < 0.05 || nextYy < 0.05) return;
    const change = Math.max(Math.abs(nextXx - xx), Math.abs(nextYy - yy), Math.abs(nextXy - xy));
    xx = nextXx;
    yy = nextYy;
    xy = nextXy;
    if (change < tolerance * (xx + yy)) {
      out.xx = xx;
      out.yy = yy;
      out.xy = xy;
      out.flux = 2 * sum;
      out.failed = false;
      return;
    }
  }
}
