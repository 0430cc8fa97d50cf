import type { PatternMatch } from "./match-triangles.ts";
import { IDENTITY, type PlanePoints } from "./plane-transform.ts";

/**
 * Finds the shift between two point sets that already share scale and orientation: every source–reference pair within
 * `maxShift` votes for its offset in bins of `tolerance`, and the fullest 2×2 block of bins wins if it is far above the
 * mean. Robust with many spurious points and few real ones. Undefined when no offset stands out.
 */
export function matchOffset(
  sources: PlanePoints,
  references: PlanePoints,
  maxShift: number,
  tolerance: number,
): PatternMatch | undefined {
  const tried = Math.min(sources.x.length, 200);
  const bins = Math.max(4, Math.ceil((2 * maxShift) / tolerance));
  const votes = new Int32Array(bins * bins);
  let total = 0;
  for (let i = 0; i < tried; i++) {
    for (let j = 0; j < references.x.length; j++) {
      const bx = Math.floor((references.x[j]! - sources.x[i]! + maxShift) / tolerance);
      const by = Math.floor((references.y[j]! - sources.y[i]! + maxShift) / tolerance);
      if (bx < 0 || by < 0 || bx >= bins || by >= bins) continue;
      votes[by * bins + bx]!++;
      total++;
    }
  }
  let best = 0;
  let bestX = 0;
  let bestY = 0;
  for (let by = 0; by + 1 < bins; by++) {
    for (let bx = 0; bx + 1 < bins; bx++) {
      const k = by * bins + bx;
      const block = votes[k]! + votes[k + 1]! + votes[k + bins]! + votes[k + bins + 1]!;
      if (block > best) [best, bestX, bestY] = [block, bx, by];
    }
  }
  const mean = (4 * total) / (bins * bins);
  if (best < 4 || best < mean + 6 * Math.sqrt(mean + 1)) return undefined;
  const center = (edge: number): number => (edge + 1) * tolerance - maxShift;
  const [c, f] = refineOffset(sources, references, tried, center(bestX), center(bestY), tolerance);
  return { transform: { ...IDENTITY, c, f }, parity: 1, inliers: best, tried };
}

/** Median offset of the pairs around a rough one: the true offset may lie at the rim of the block that won. */
function refineOffset(
  sources: PlanePoints,
  references: PlanePoints,
  tried: number,
  roughC: number,
  roughF: number,
  tolerance: number,
): [c: number, f: number] {
  let [c, f] = [roughC, roughF];
  for (const reach of [tolerance, tolerance, tolerance / 2]) {
    const dx: number[] = [];
    const dy: number[] = [];
    for (let i = 0; i < tried; i++) {
      for (let j = 0; j < references.x.length; j++) {
        const u = references.x[j]! - sources.x[i]!;
        const v = references.y[j]! - sources.y[i]!;
        if (Math.abs(u - c) > reach || Math.abs(v - f) > reach) continue;
        dx.push(u);
        dy.push(v);
      }
    }
    if (dx.length === 0) break;
    dx.sort((p, q) => p - q);
    dy.sort((p, q) => p - q);
    [c, f] = [dx[dx.length >> 1]!, dy[dy.length >> 1]!];
  }
  return [c, f];
}
