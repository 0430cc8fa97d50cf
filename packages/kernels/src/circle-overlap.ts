/** ∫₀ᵗ √(r² − s²) ds for 0 ≤ t ≤ r. */
function circleIntegral(t: number, r: number): number {
  return 0.5 * (t * Math.sqrt(Math.max(0, r * r - t * t)) + r * r * Math.asin(Math.min(1, t / r)));
}

/** Signed area common to the circle and the rectangle from the origin to (x, y): odd in both coordinates. */
function cornerOverlap(x: number, y: number, r: number): number {
  const across = Math.min(Math.abs(x), r);
  const up = Math.abs(y);
  const flat = up < r ? Math.min(across, Math.sqrt(r * r - up * up)) : 0;
  const area = up * flat + circleIntegral(across, r) - circleIntegral(flat, r);
  return x < 0 === y < 0 ? area : -area;
}

/** Exact area common to the rectangle [x0, x1] × [y0, y1] and the circle of radius r about the origin. */
export function circleRectangleOverlap(x0: number, y0: number, x1: number, y1: number, r: number): number {
  const area =
    cornerOverlap(x1, y1, r) - cornerOverlap(x0, y1, r) - cornerOverlap(x1, y0, r) + cornerOverlap(x0, y0, r);
  return Math.max(0, area);
}
