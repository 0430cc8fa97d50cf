import { invariant } from "@almagest/base";

/** An affine map of the plane: u = a·x + b·y + c, v = d·x + e·y + f. */
export interface PlaneTransform {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

/** Points of a plane, brightest first where an algorithm asks for it. */
export interface PlanePoints {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** The map that leaves every point where it is. */
export const IDENTITY: PlaneTransform = { a: 1, b: 0, c: 0, d: 0, e: 1, f: 0 };

/** Applies a map to one point. */
export function applyTransform(t: PlaneTransform, x: number, y: number): [u: number, v: number] {
  return [t.a * x + t.b * y + t.c, t.d * x + t.e * y + t.f];
}

/** Scale of a map: the square root of its area factor. */
export function transformScale(t: PlaneTransform): number {
  return Math.sqrt(Math.abs(t.a * t.e - t.b * t.d));
}

/** Rotation in degrees, in (−180, 180], of a map's best similarity; for a mirrored map, of the map after x → −x. */
export function transformRotationDeg(t: PlaneTransform): number {
  const parity = Math.sign(t.a * t.e - t.b * t.d);
  return (Math.atan2(t.d * parity - t.b, t.a * parity + t.e) * 180) / Math.PI;
}

/** Least-squares similarity (shift, rotation, scale; mirrored for parity −1) taking sources `i` to targets `j`. */
export function fitSimilarity(
  from: PlanePoints,
  to: PlanePoints,
  pairs: ReadonlyArray<readonly [i: number, j: number]>,
  parity: 1 | -1,
): PlaneTransform {
  invariant(pairs.length >= 2, "a similarity needs two pairs");
  const n = pairs.length;
  let mx = 0;
  let my = 0;
  let mu = 0;
  let mv = 0;
  for (const [i, j] of pairs) {
    mx += from.x[i]! / n;
    my += (from.y[i]! * parity) / n;
    mu += to.x[j]! / n;
    mv += to.y[j]! / n;
  }
  let dot = 0;
  let cross = 0;
  let norm = 0;
  for (const [i, j] of pairs) {
    const x = from.x[i]! - mx;
    const y = from.y[i]! * parity - my;
    const u = to.x[j]! - mu;
    const v = to.y[j]! - mv;
    dot += x * u + y * v;
    cross += x * v - y * u;
    norm += x * x + y * y;
  }
  const p = dot / norm;
  const q = cross / norm;
  return {
    a: p,
    b: -q * parity,
    c: mu - p * mx + q * my,
    d: q,
    e: p * parity,
    f: mv - q * mx - p * my,
  };
}

/** Least-squares affine map taking sources `i` to targets `j`; with fewer than six pairs the similarity of `parity`. */
export function fitAffine(
  from: PlanePoints,
  to: PlanePoints,
  pairs: ReadonlyArray<readonly [i: number, j: number]>,
  parity: 1 | -1,
): PlaneTransform {
  if (pairs.length < 6) return fitSimilarity(from, to, pairs, parity);
  const n = pairs.length;
  let mx = 0;
  let my = 0;
  let mu = 0;
  let mv = 0;
  for (const [i, j] of pairs) {
    mx += from.x[i]! / n;
    my += from.y[i]! / n;
    mu += to.x[j]! / n;
    mv += to.y[j]! / n;
  }
  let [sxx, sxy, syy, sxu, syu, sxv, syv] = [0, 0, 0, 0, 0, 0, 0];
  for (const [i, j] of pairs) {
    const x = from.x[i]! - mx;
    const y = from.y[i]! - my;
    const u = to.x[j]! - mu;
    const v = to.y[j]! - mv;
    sxx += x * x;
    sxy += x * y;
    syy += y * y;
    sxu += x * u;
    syu += y * u;
    sxv += x * v;
    syv += y * v;
  }
  const determinant = sxx * syy - sxy * sxy;
  if (!(determinant > 1e-9 * sxx * syy)) return fitSimilarity(from, to, pairs, parity);
  const a = (sxu * syy - syu * sxy) / determinant;
  const b = (syu * sxx - sxu * sxy) / determinant;
  const d = (sxv * syy - syv * sxy) / determinant;
  const e = (syv * sxx - sxv * sxy) / determinant;
  return { a, b, c: mu - a * mx - b * my, d, e, f: mv - d * mx - e * my };
}
