import { AlmagestError } from "@almagest/base";
import { orientation } from "../regions/orientation.ts";
import type { ConvexPolygon, Region } from "../regions/region.ts";
import { DISJOINT, WITHIN } from "../regions/relationship.ts";
import { normalizeVector, type UnitVector } from "../unit-vector.ts";
import { appendRange, type MutableRanges, type PixelRanges } from "./range-set.ts";
import { relatePixel, type SearchRegion, searchRegion } from "./region-search.ts";

type Trixel = readonly [UnitVector, UnitVector, UnitVector];

const X: UnitVector = { x: 1, y: 0, z: 0 };
const Y: UnitVector = { x: 0, y: 1, z: 0 };
const Z: UnitVector = { x: 0, y: 0, z: 1 };
const MINUS_X: UnitVector = { x: -1, y: -0, z: -0 };
const MINUS_Y: UnitVector = { x: -0, y: -1, z: -0 };
const MINUS_Z: UnitVector = { x: -0, y: -0, z: -1 };

/** The eight root trixels, S0 … S3, N0 … N3, numbered 8 … 15. */
const ROOTS: readonly Trixel[] = [
  [X, MINUS_Z, Y],
  [Y, MINUS_Z, MINUS_X],
  [MINUS_X, MINUS_Z, MINUS_Y],
  [MINUS_Y, MINUS_Z, X],
  [X, Z, MINUS_Y],
  [MINUS_Y, Z, MINUS_X],
  [MINUS_X, Z, Y],
  [Y, Z, X],
];

/** Deepest level whose numbers (below 2^52) a double holds. */
const HTM_MAX_LEVEL = 24;

/**
 * The Hierarchical Triangular Mesh (Kunszt et al. 2001, Mining the Sky, 631) at one level, with sphgeom's numbering: a pixel's
 * number is that of its root, 8 to 15, and two bits per level.
 */
export interface HtmPixelization {
  readonly level: number;
  /** All numbers of this level. */
  readonly universe: PixelRanges;
  /** The number of the pixel that holds a direction. */
  indexOf(v: UnitVector): number;
  /** The triangle of a pixel; throws `SPHERE.PIXELIZATION_INVALID` for a number of another level. */
  pixel(index: number): ConvexPolygon;
  /** All pixels that overlap a region, and maybe some that nearly do: exactly those sphgeom gives. */
  envelope(region: Region): PixelRanges;
  /** Pixels wholly within a region. */
  interior(region: Region): PixelRanges;
}

function midpoint(a: UnitVector, b: UnitVector): UnitVector {
  return normalizeVector(a.x + b.x, a.y + b.y, a.z + b.z);
}

/** The four children of a trixel: at its corners, then in its middle. */
function subdivide([v0, v1, v2]: Trixel): readonly [Trixel, Trixel, Trixel, Trixel] {
  const m0 = midpoint(v1, v2);
  const m1 = midpoint(v2, v0);
  const m2 = midpoint(v0, v1);
  return [
    [v0, m2, m1],
    [v1, m0, m2],
    [v2, m1, m0],
    [m0, m1, m2],
  ];
}

/** The root whose octant holds a direction; directions on a border go to the root that sphgeom gives. */
function rootOf({ x, y, z }: UnitVector): number {
  if (z < 0) {
    if (y > 0) return x > 0 ? 0 : 1;
    if (y === 0) return x >= 0 ? 0 : 2;
    return x < 0 ? 2 : 3;
  }
  if (y > 0) return x > 0 ? 7 : 6;
  if (y === 0) return x >= 0 ? 7 : 5;
  return x < 0 ? 5 : 4;
}

function findIndex(v: UnitVector, level: number): number {
  const root = rootOf(v);
  let trixel = ROOTS[root]!;
  let index = root + 8;
  for (let l = 0; l < level; l++) {
    const children = subdivide(trixel);
    const [m0, m1, m2] = children[3];
    const child =
      orientation(v, m2, m1) >= 0 ? 0 : orientation(v, m0, m2) >= 0 ? 1 : orientation(v, m1, m0) >= 0 ? 2 : 3;
    trixel = children[child];
    index = index * 4 + child;
  }
  return index;
}

/** The level of an HTM number, −1 where it is none. */
export function htmLevelOf(index: number): number {
  if (!Number.isSafeInteger(index) || index < 8) return -1;
  const bits = index.toString(2).length;
  return bits % 2 === 0 && bits <= 4 + 2 * HTM_MAX_LEVEL ? (bits - 4) / 2 : -1;
}

function findTrixel(index: number, level: number): Trixel {
  let trixel = ROOTS[Math.floor(index / 4 ** level) - 8]!;
  for (let l = level - 1; l >= 0; l--) trixel = subdivide(trixel)[Math.floor(index / 4 ** l) % 4]!;
  return trixel;
}

/** A search from the roots down, taking whole pixels where they are within the region. */
function search(region: SearchRegion, level: number, interiorOnly: boolean): PixelRanges {
  const ranges: MutableRanges = [];
  const visit = (trixel: Trixel, index: number, depth: number): void => {
    const relationship = relatePixel(trixel, region);
    if (relationship & DISJOINT) return;
    if (relationship & WITHIN || depth === level) {
      const width = 4 ** (level - depth);
      if (relationship & WITHIN || !interiorOnly) appendRange(ranges, index * width, (index + 1) * width);
      return;
    }
    subdivide(trixel).forEach((child, k) => {
      visit(child, index * 4 + k, depth + 1);
    });
  };
  ROOTS.forEach((root, r) => {
    visit(root, r + 8, 0);
  });
  return ranges;
}

/** The HTM at a level from 0 to 24; throws `SPHERE.PIXELIZATION_INVALID` for another. */
export function createHtmPixelization(level: number): HtmPixelization {
  if (!Number.isInteger(level) || level < 0 || level > HTM_MAX_LEVEL) {
    throw new AlmagestError(
      "SPHERE.PIXELIZATION_INVALID",
      `HTM level ${level} is not a whole number from 0 to ${HTM_MAX_LEVEL}.`,
      {
        fields: { level },
      },
    );
  }
  const universe: PixelRanges = [[8 * 4 ** level, 16 * 4 ** level]];
  return {
    level,
    universe,
    indexOf: (v) => findIndex(v, level),
    pixel(index) {
      if (htmLevelOf(index) !== level) {
        throw new AlmagestError(
          "SPHERE.PIXELIZATION_INVALID",
          `${index} is not an HTM number of level ${level}.`,
          {
            fields: { index, level },
          },
        );
      }
      return { kind: "polygon", vertices: findTrixel(index, level) };
    },
    envelope: (region) => searchRegion(region, universe, (part) => search(part, level, false)),
    interior: (region) => searchRegion(region, universe, (part) => search(part, level, true)),
  };
}
