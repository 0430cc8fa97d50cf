import { ARCSEC, DEGREE } from "./angle.ts";

/** A found point: its index in the arrays the index was made from, and its distance. */
export interface SkyNeighbour {
  readonly index: number;
  readonly separationArcsec: number;
}

/** Positions on the sky, arranged for searches by distance. */
export interface SkyIndex {
  readonly count: number;
  /** Indices (ascending) of the points within a radius, the border included. */
  within(raDeg: number, decDeg: number, radiusArcsec: number): number[];
  /** The nearest point, the one of lowest index among equals; undefined when none is within `maxArcsec`. */
  nearest(raDeg: number, decDeg: number, maxArcsec?: number): SkyNeighbour | undefined;
  /** The nearest point of each position: its index, or −1 when none is within the radius, and the distance (NaN then). */
  match(
    raDeg: Float64Array,
    decDeg: Float64Array,
    radiusArcsec: number,
  ): { index: Int32Array; separationArcsec: Float64Array };
}

const LEAF_SIZE = 8;

/** Squared chord of an angle; angles beyond half a turn reach everything. */
function chordSquared(radiusArcsec: number): number {
  const chord = 2 * Math.sin(Math.min(radiusArcsec * ARCSEC, Math.PI) / 2);
  return chord * chord;
}

function separationArcsec(squaredChord: number): number {
  return (2 * Math.asin(Math.min(1, Math.sqrt(squaredChord) / 2))) / ARCSEC;
}

/**
 * A k-d tree over the unit vectors of positions in degrees, for matching catalogues. Positions with NaN are left out. The
 * tree is a permutation of the points, split at the median of the axis along which a node is widest (Bentley 1975).
 */
export function createSkyIndex(raDeg: ArrayLike<number>, decDeg: ArrayLike<number>): SkyIndex {
  let count = 0;
  for (let i = 0; i < raDeg.length; i++)
    if (Number.isFinite(raDeg[i]!) && Number.isFinite(decDeg[i]!)) count++;
  const ids = new Uint32Array(count);
  const points = new Float64Array(3 * count);
  let filled = 0;
  for (let i = 0; i < raDeg.length; i++) {
    const ra = raDeg[i]! * DEGREE;
    const dec = decDeg[i]! * DEGREE;
    if (!Number.isFinite(ra) || !Number.isFinite(dec)) continue;
    const cosDec = Math.cos(dec);
    ids[filled] = i;
    points[3 * filled] = Math.cos(ra) * cosDec;
    points[3 * filled + 1] = Math.sin(ra) * cosDec;
    points[3 * filled + 2] = Math.sin(dec);
    filled++;
  }
  const axes = new Uint8Array(count);
  arrange(points, ids, axes, 0, count - 1);
  return createSearches(points, ids, axes);
}

/** The axis along which the points left … right spread most, judged by some 500 of them. */
function widestAxis(points: Float64Array, left: number, right: number): number {
  let [x0, x1, y0, y1, z0, z1] = [2, -2, 2, -2, 2, -2];
  const step = 3 * Math.max(1, (right - left) >> 9);
  for (let k = 3 * left; k <= 3 * right; k += step) {
    const x = points[k]!;
    const y = points[k + 1]!;
    const z = points[k + 2]!;
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
    if (z < z0) z0 = z;
    if (z > z1) z1 = z;
  }
  const [dx, dy, dz] = [x1 - x0, y1 - y0, z1 - z0];
  return dx >= dy && dx >= dz ? 0 : dy >= dz ? 1 : 2;
}

function arrange(
  points: Float64Array,
  ids: Uint32Array,
  axes: Uint8Array,
  left: number,
  right: number,
): void {
  if (right - left < LEAF_SIZE) return;
  const middle = (left + right) >> 1;
  const axis = widestAxis(points, left, right);
  axes[middle] = axis;
  select(points, ids, axis, middle, left, right);
  arrange(points, ids, axes, left, middle - 1);
  arrange(points, ids, axes, middle + 1, right);
}

/** Puts the k-th smallest along an axis in its place, smaller before, larger after (Floyd & Rivest 1975, CACM 18, 165). */
function select(
  points: Float64Array,
  ids: Uint32Array,
  axis: number,
  k: number,
  from: number,
  to: number,
): void {
  let left = from;
  let right = to;
  while (right > left) {
    if (right - left > 600) {
      const n = right - left + 1;
      const m = k - left + 1;
      const z = Math.log(n);
      const s = 0.5 * Math.exp((2 * z) / 3);
      const sd = 0.5 * Math.sqrt((z * s * (n - s)) / n) * (m - n / 2 < 0 ? -1 : 1);
      const newLeft = Math.max(left, Math.floor(k - (m * s) / n + sd));
      const newRight = Math.min(right, Math.floor(k + ((n - m) * s) / n + sd));
      select(points, ids, axis, k, newLeft, newRight);
    }
    const pivot = points[3 * k + axis]!;
    let i = left;
    let j = right;
    exchange(points, ids, left, k);
    if (points[3 * right + axis]! > pivot) exchange(points, ids, left, right);
    while (i < j) {
      exchange(points, ids, i, j);
      i++;
      j--;
      while (points[3 * i + axis]! < pivot) i++;
      while (points[3 * j + axis]! > pivot) j--;
    }
    if (points[3 * left + axis] === pivot) exchange(points, ids, left, j);
    else {
      j++;
      exchange(points, ids, j, right);
    }
    if (j <= k) left = j + 1;
    if (k <= j) right = j - 1;
  }
}

function exchange(points: Float64Array, ids: Uint32Array, i: number, j: number): void {
  const id = ids[i]!;
  ids[i] = ids[j]!;
  ids[j] = id;
  const p = 3 * i;
  const q = 3 * j;
  const x = points[p]!;
  const y = points[p + 1]!;
  const z = points[p + 2]!;
  points[p] = points[q]!;
  points[p + 1] = points[q + 1]!;
  points[p + 2] = points[q + 2]!;
  points[q] = x;
  points[q + 1] = y;
  points[q + 2] = z;
}

function createSearches(points: Float64Array, ids: Uint32Array, axes: Uint8Array): SkyIndex {
  const count = ids.length;
  let bestSquare = 0;
  let bestId = -1;
  const query = new Float64Array(3);

  const squareTo = (i: number): number => {
    const dx = points[3 * i]! - query[0]!;
    const dy = points[3 * i + 1]! - query[1]!;
    const dz = points[3 * i + 2]! - query[2]!;
    return dx * dx + dy * dy + dz * dz;
  };
  const aim = (raDeg: number, decDeg: number): void => {
    const cosDec = Math.cos(decDeg * DEGREE);
    query[0] = Math.cos(raDeg * DEGREE) * cosDec;
    query[1] = Math.sin(raDeg * DEGREE) * cosDec;
    query[2] = Math.sin(decDeg * DEGREE);
  };
  const consider = (i: number): void => {
    const square = squareTo(i);
    if (square < bestSquare || (square === bestSquare && (bestId < 0 || ids[i]! < bestId))) {
      bestSquare = square;
      bestId = ids[i]!;
    }
  };
  const visit = (left: number, right: number): void => {
    if (right - left < LEAF_SIZE) {
      for (let i = left; i <= right; i++) consider(i);
      return;
    }
    const middle = (left + right) >> 1;
    consider(middle);
    const axis = axes[middle]!;
    const offset = query[axis]! - points[3 * middle + axis]!;
    if (offset <= 0) {
      visit(left, middle - 1);
      if (offset * offset <= bestSquare) visit(middle + 1, right);
    } else {
      visit(middle + 1, right);
      if (offset * offset <= bestSquare) visit(left, middle - 1);
    }
  };
  const collect = (left: number, right: number, square: number, found: number[]): void => {
    if (right - left < LEAF_SIZE) {
      for (let i = left; i <= right; i++) if (squareTo(i) <= square) found.push(ids[i]!);
      return;
    }
    const middle = (left + right) >> 1;
    if (squareTo(middle) <= square) found.push(ids[middle]!);
    const axis = axes[middle]!;
    const offset = query[axis]! - points[3 * middle + axis]!;
    if (offset <= 0 || offset * offset <= square) collect(left, middle - 1, square, found);
    if (offset >= 0 || offset * offset <= square) collect(middle + 1, right, square, found);
  };
  const findNearest = (raDeg: number, decDeg: number, maxSquare: number): void => {
    aim(raDeg, decDeg);
    bestSquare = maxSquare;
    bestId = -1;
    visit(0, count - 1);
  };
  return {
    count,
    within(raDeg, decDeg, radiusArcsec) {
      aim(raDeg, decDeg);
      const found: number[] = [];
      collect(0, count - 1, chordSquared(radiusArcsec), found);
      return found.sort((a, b) => a - b);
    },
    nearest(raDeg, decDeg, maxArcsec = 648_000) {
      findNearest(raDeg, decDeg, chordSquared(maxArcsec));
      return bestId < 0 ? undefined : { index: bestId, separationArcsec: separationArcsec(bestSquare) };
    },
    match(raDeg, decDeg, radiusArcsec) {
      const index = new Int32Array(raDeg.length);
      const separation = new Float64Array(raDeg.length);
      const maxSquare = chordSquared(radiusArcsec);
      for (let i = 0; i < raDeg.length; i++) {
        findNearest(raDeg[i]!, decDeg[i]!, maxSquare);
        index[i] = bestId;
        separation[i] = bestId < 0 ? Number.NaN : separationArcsec(bestSquare);
      }
      return { index, separationArcsec: separation };
    },
  };
}
