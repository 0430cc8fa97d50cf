import type { PsfStamp } from "../psf.ts";

/** Second moments (pixels²) under the elliptical Gaussian weight that matches them, and the centroid from the middle. */
export interface AdaptiveMoments {
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
  readonly x: number;
  readonly y: number;
  /** Fourth root of the determinant: the Gaussian's standard deviation, pixels. */
  readonly sigma: number;
  readonly converged: boolean;
}

/**
 * Adaptive moments of a stamp (Bernstein & Jarvis 2002, AJ 123, 583): for a Gaussian the weighted second moments are
 * half the true ones, so iterate M ← 2·⟨rr⟩_w. Starts from a round weight of `startSigma` pixels.
 */
export function adaptiveMoments(stamp: PsfStamp, startSigma = 2): AdaptiveMoments {
  const { size, data } = stamp;
  const half = size >> 1;
  let [xx, yy, xy, cx, cy] = [startSigma ** 2, startSigma ** 2, 0, 0, 0];
  let converged = false;
  for (let round = 0; round < 100 && !converged; round++) {
    const det = xx * yy - xy * xy;
    const [ixx, iyy, ixy] = [yy / det, xx / det, -xy / det];
    let [sum, sx, sy, sxx, syy, sxy] = [0, 0, 0, 0, 0, 0];
    for (let j = 0; j < size; j++) {
      const dy = j - half - cy;
      for (let i = 0; i < size; i++) {
        const dx = i - half - cx;
        const w = data[j * size + i]! * Math.exp(-0.5 * (ixx * dx * dx + iyy * dy * dy + 2 * ixy * dx * dy));
        sum += w;
        sx += w * dx;
        sy += w * dy;
        sxx += w * dx * dx;
        syy += w * dy * dy;
        sxy += w * dx * dy;
      }
    }
    const [mx, my] = [sx / sum, sy / sum];
    const next = [2 * (sxx / sum - mx * mx), 2 * (syy / sum - my * my), 2 * (sxy / sum - mx * my)] as const;
    if (!(sum > 0 && next[0] > 0 && next[1] > 0 && next[0] * next[1] > next[2] * next[2])) break;
    const change = Math.abs(next[0] - xx) + Math.abs(next[1] - yy) + Math.abs(next[2] - xy);
    converged = change < 1e-7 * (xx + yy) && Math.abs(mx) + Math.abs(my) < 1e-6;
    [xx, yy, xy] = next;
    cx += 2 * mx;
    cy += 2 * my;
    if (Math.abs(cx) > half || Math.abs(cy) > half || xx + yy > size * size) {
      converged = false;
      break;
    }
  }
  return { xx, yy, xy, x: cx, y: cy, sigma: (xx * yy - xy * xy) ** 0.25, converged };
}
