import type { PlanePoints, PlaneTransform } from "./plane-transform.ts";
import { createPointGrid, type PointGrid } from "./point-grid.ts";

/** Candidate maps that one attempt may verify: bounds the time spent on fields that do not match. */
const MAX_CANDIDATES = 60_000;

/** What the map from sources to reference may look like. */
export interface MatchLimits {
  /** Reference units per source unit, smallest and largest. */
  readonly minScale: number;
  readonly maxScale: number;
  /** 1 same handedness, −1 mirrored, 0 either. */
  readonly parity: 1 | -1 | 0;
  /** Distance in reference units within which a mapped source and a reference count as the same. */
  readonly tolerance: number;
}

/** A map found by pattern matching, and how many of the tried sources it explains. */
export interface PatternMatch {
  readonly transform: PlaneTransform;
  readonly parity: 1 | -1;
  readonly inliers: number;
  readonly tried: number;
}

interface Triangles {
  /** Vertex indices, opposite the longest, middle and shortest side: three per triangle. */
  readonly vertices: Int32Array;
  readonly longest: Float64Array;
  /** Middle and shortest side over the longest. */
  readonly ratio1: Float64Array;
  readonly ratio2: Float64Array;
  /** +1 counter-clockwise in vertex order, else −1. */
  readonly turn: Int8Array;
  readonly count: number;
}

function listTriangles(points: PlanePoints, n: number): Triangles {
  const capacity = (n * (n - 1) * (n - 2)) / 6;
  const vertices = new Int32Array(capacity * 3);
  const longest = new Float64Array(capacity);
  const ratio1 = new Float64Array(capacity);
  const ratio2 = new Float64Array(capacity);
  const turn = new Int8Array(capacity);
  let count = 0;
  const side = (p: number, q: number): number =>
    Math.hypot(points.x[p]! - points.x[q]!, points.y[p]! - points.y[q]!);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      for (let k = j + 1; k < n; k++) {
        let [v0, v1, v2] = [i, j, k];
        let [l0, l1, l2] = [side(j, k), side(i, k), side(i, j)];
        if (l0 < l1) [l0, l1, v0, v1] = [l1, l0, v1, v0];
        if (l1 < l2) [l1, l2, v1, v2] = [l2, l1, v2, v1];
        if (l0 < l1) [l0, l1, v0, v1] = [l1, l0, v1, v0];
        // Nearly isosceles or very flat triangles do not say which vertex is which.
        if (l2 < 0.15 * l0 || l1 > 0.97 * l0 || l2 > 0.97 * l1) continue;
        vertices.set([v0, v1, v2], count * 3);
        longest[count] = l0;
        ratio1[count] = l1 / l0;
        ratio2[count] = l2 / l0;
        const cross =
          (points.x[v1]! - points.x[v0]!) * (points.y[v2]! - points.y[v0]!) -
          (points.y[v1]! - points.y[v0]!) * (points.x[v2]! - points.x[v0]!);
        turn[count] = cross > 0 ? 1 : -1;
        count++;
      }
    }
  }
  return { vertices, longest, ratio1, ratio2, turn, count };
}

/** Similarity through the two ends of the longest side (the vertices opposite the other two). */
function transformFromSide(
  from: PlanePoints,
  [i1, i2]: readonly [number, number],
  to: PlanePoints,
  [j1, j2]: readonly [number, number],
  parity: 1 | -1,
): PlaneTransform {
  const dx = from.x[i2]! - from.x[i1]!;
  const dy = (from.y[i2]! - from.y[i1]!) * parity;
  const du = to.x[j2]! - to.x[j1]!;
  const dv = to.y[j2]! - to.y[j1]!;
  const norm = dx * dx + dy * dy;
  const p = (du * dx + dv * dy) / norm;
  const q = (dv * dx - du * dy) / norm;
  const x = from.x[i1]!;
  const y = from.y[i1]! * parity;
  return {
    a: p,
    b: -q * parity,
    c: to.x[j1]! - p * x + q * y,
    d: q,
    e: p * parity,
    f: to.y[j1]! - q * x - p * y,
  };
}

/** Sources a map explains; gives up after the first dozen when those show no more than the triangle itself. */
function countInliers(
  transform: PlaneTransform,
  sources: PlanePoints,
  n: number,
  grid: PointGrid,
  tolerance: number,
): number {
  let inliers = 0;
  for (let i = 0; i < n; i++) {
    if (i === 25 && inliers < 4) return inliers;
    const x = sources.x[i]!;
    const y = sources.y[i]!;
    const u = transform.a * x + transform.b * y + transform.c;
    const v = transform.d * x + transform.e * y + transform.f;
    if (grid.nearest(u, v, tolerance) >= 0) inliers++;
  }
  return inliers;
}

/**
 * Finds the similarity that takes `sources` onto `references` (both brightest first) by comparing triangles of the
 * brightest points (Groth 1986, AJ 91, 1244; Valdes et al. 1995, PASP 107, 1119): side ratios select candidates, and the
 * one that explains most sources wins. Undefined when none explains more than chance would.
 */
export function matchTriangles(
  sources: PlanePoints,
  references: PlanePoints,
  limits: MatchLimits,
): PatternMatch | undefined {
  for (const [sourceLimit, referenceLimit] of [
    [25, 35],
    [40, 60],
    [55, 110],
  ] as const) {
    const match = matchBrightest(sources, references, limits, sourceLimit, referenceLimit);
    if (match !== undefined) return match;
    if (sources.x.length <= sourceLimit && references.x.length <= referenceLimit) return undefined;
  }
  return undefined;
}

function matchBrightest(
  sources: PlanePoints,
  references: PlanePoints,
  limits: MatchLimits,
  sourceLimit: number,
  referenceLimit: number,
): PatternMatch | undefined {
  const nSources = Math.min(sources.x.length, sourceLimit);
  const nReferences = Math.min(references.x.length, referenceLimit);
  if (nSources < 3 || nReferences < 3) return undefined;
  const ours = listTriangles(sources, nSources);
  const theirs = listTriangles(references, nReferences);
  const order = Int32Array.from({ length: theirs.count }, (_, i) => i).sort(
    (p, q) => theirs.ratio1[p]! - theirs.ratio1[q]! || p - q,
  );
  const sorted = Float64Array.from(order, (i) => theirs.ratio1[i]!);
  const grid = createPointGrid(references, limits.tolerance);
  const tried = Math.min(sources.x.length, 100);
  const chance = chanceInliers(references, tried, limits.tolerance);
  const needed = Math.max(6, Math.ceil(chance * 2 + 4 * Math.sqrt(chance)), Math.ceil(nSources * 0.2));
  const needFew = Math.min(needed, Math.max(4, Math.min(sources.x.length, references.x.length)));
  const epsilon = 0.004;
  let best: PatternMatch | undefined;
  let candidates = 0;
  for (let t = 0; t < ours.count; t++) {
    const r1 = ours.ratio1[t]!;
    for (let s = lowerBound(sorted, r1 - epsilon); s < sorted.length && sorted[s]! <= r1 + epsilon; s++) {
      const o = order[s]!;
      if (Math.abs(theirs.ratio2[o]! - ours.ratio2[t]!) > epsilon) continue;
      const parity = theirs.turn[o] === ours.turn[t] ? 1 : -1;
      if (limits.parity !== 0 && parity !== limits.parity) continue;
      const scale = theirs.longest[o]! / ours.longest[t]!;
      if (scale < limits.minScale || scale > limits.maxScale) continue;
      const transform = transformFromSide(
        sources,
        [ours.vertices[t * 3 + 1]!, ours.vertices[t * 3 + 2]!],
        references,
        [theirs.vertices[o * 3 + 1]!, theirs.vertices[o * 3 + 2]!],
        parity,
      );
      if (++candidates > MAX_CANDIDATES) return best;
      const inliers = countInliers(transform, sources, tried, grid, limits.tolerance);
      if (inliers > (best?.inliers ?? needFew - 1)) {
        best = { transform, parity, inliers, tried };
        if (inliers > 0.7 * tried && inliers >= 10) return best;
      }
    }
  }
  return best;
}

/** Sources that would find a reference within tolerance if they were strewn at random. */
function chanceInliers(references: PlanePoints, tried: number, tolerance: number): number {
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let j = 0; j < references.x.length; j++) {
    x0 = Math.min(x0, references.x[j]!);
    x1 = Math.max(x1, references.x[j]!);
    y0 = Math.min(y0, references.y[j]!);
    y1 = Math.max(y1, references.y[j]!);
  }
  const density = references.x.length / Math.max((x1 - x0) * (y1 - y0), tolerance * tolerance);
  return tried * Math.min(1, density * Math.PI * tolerance * tolerance);
}

function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
