import { AlmagestError } from "@almagest/base";
import { convexHull } from "../regions/convex-polygon.ts";
import type { ConvexPolygon, Region } from "../regions/region.ts";
import { regionContains } from "../regions/region-bounds.ts";
import { DISJOINT, WITHIN } from "../regions/relationship.ts";
import { normalizeVector, type UnitVector } from "../unit-vector.ts";
import {
  type FacePixel,
  facePixelOf,
  facePixelOfNest,
  facePixelOfRing,
  faceToVector,
  nestOfFacePixel,
  ringOfFacePixel,
} from "./healpix-faces.ts";
import { appendRange, type MutableRanges, type PixelRanges } from "./range-set.ts";
import { relatePixel, type SearchRegion, searchRegion } from "./region-search.ts";

/** Deepest level, as sphgeom's. */
const HEALPIX_MAX_LEVEL = 17;

/** HEALPix at one level, nside = 2^level, in NEST order unless a name says RING. */
export interface HealpixPixelization {
  readonly level: number;
  readonly nside: number;
  /** All numbers of this level. */
  readonly universe: PixelRanges;
  /** NEST number of the pixel that holds a direction. */
  indexOf(v: UnitVector): number;
  /** RING number of the pixel that holds a direction. */
  ringIndexOf(v: UnitVector): number;
  nestToRing(index: number): number;
  ringToNest(index: number): number;
  /** Centre of a pixel. */
  centre(index: number): UnitVector;
  /** Border of a pixel from its northern corner over west, `step` points for each of its four sides. */
  boundary(index: number, step: number): UnitVector[];
  /** The convex hull of a pixel's border, four points to a side (the borders are no great circles), as sphgeom's. */
  pixel(index: number): ConvexPolygon;
  /** All pixels that overlap a region, and some within a sixteenth of a pixel of it. */
  envelope(region: Region): PixelRanges;
  /** Pixels whose four corners are in a region. */
  interior(region: Region): PixelRanges;
}

/** How far pixels are grown before they are compared with a region: more than their borders bulge between sampled points. */
const MARGIN = 1 / 16;

function boundaryOf({ face, x, y }: FacePixel, nside: number, step: number, margin: number): UnitVector[] {
  const points: UnitVector[] = [];
  const add = (px: number, py: number): void => {
    points.push(faceToVector(face, px / nside, py / nside));
  };
  for (let i = 0; i < step; i++) add(x + 1 - i / step, y + 1);
  for (let i = 0; i < step; i++) add(x, y + 1 - i / step);
  for (let i = 0; i < step; i++) add(x + i / step, y);
  for (let i = 0; i < step; i++) add(x + 1, y + i / step);
  if (margin === 0) return points;
  const centre = faceToVector(face, (x + 0.5) / nside, (y + 0.5) / nside);
  const grow = (point: number, middle: number): number => middle + (1 + 2 * margin) * (point - middle);
  return points.map((p) => normalizeVector(grow(p.x, centre.x), grow(p.y, centre.y), grow(p.z, centre.z)));
}

/** A search from the faces down, taking whole pixels where they are within the region. */
function search(region: SearchRegion, level: number, interiorOnly: boolean): PixelRanges {
  const ranges: MutableRanges = [];
  const visit = (pixel: FacePixel, depth: number): void => {
    const nside = 2 ** depth;
    const grown = convexHull(boundaryOf(pixel, nside, depth < 3 ? 8 : 4, MARGIN));
    const relationship = relatePixel(grown.vertices, region);
    if (relationship & DISJOINT) return;
    if (relationship & WITHIN || depth === level) {
      const isWanted =
        !interiorOnly || boundaryOf(pixel, nside, 1, 0).every((corner) => regionContains(region, corner));
      const width = 4 ** (level - depth);
      const index = nestOfFacePixel(pixel, nside);
      if (isWanted) appendRange(ranges, index * width, (index + 1) * width);
      return;
    }
    for (let child = 0; child < 4; child++) {
      visit({ face: pixel.face, x: 2 * pixel.x + (child & 1), y: 2 * pixel.y + (child >> 1) }, depth + 1);
    }
  };
  for (let face = 0; face < 12; face++) visit({ face, x: 0, y: 0 }, 0);
  return ranges;
}

/** HEALPix at a level from 0 to 17; throws `SPHERE.PIXELIZATION_INVALID` for another, and for numbers out of range. */
export function createHealpixPixelization(level: number): HealpixPixelization {
  if (!Number.isInteger(level) || level < 0 || level > HEALPIX_MAX_LEVEL) {
    throw new AlmagestError(
      "SPHERE.PIXELIZATION_INVALID",
      `HEALPix level ${level} is not a whole number from 0 to ${HEALPIX_MAX_LEVEL}.`,
      { fields: { level } },
    );
  }
  const nside = 2 ** level;
  const universe: PixelRanges = [[0, 12 * nside * nside]];
  const checked = (index: number): number => {
    if (Number.isInteger(index) && index >= 0 && index < universe[0]![1]) return index;
    throw new AlmagestError(
      "SPHERE.PIXELIZATION_INVALID",
      `${index} is not a HEALPix number of level ${level}.`,
      {
        fields: { index, level },
      },
    );
  };
  const nest = (index: number): FacePixel => facePixelOfNest(checked(index), nside);
  return {
    level,
    nside,
    universe,
    indexOf: (v) => nestOfFacePixel(facePixelOf(v, nside), nside),
    ringIndexOf: (v) => ringOfFacePixel(facePixelOf(v, nside), nside),
    nestToRing: (index) => ringOfFacePixel(nest(index), nside),
    ringToNest: (index) => nestOfFacePixel(facePixelOfRing(checked(index), nside), nside),
    centre(index) {
      const { face, x, y } = nest(index);
      return faceToVector(face, (x + 0.5) / nside, (y + 0.5) / nside);
    },
    boundary: (index, step) => boundaryOf(nest(index), nside, step, 0),
    pixel: (index) => convexHull(boundaryOf(nest(index), nside, 4, 0)),
    envelope: (region) => searchRegion(region, universe, (part) => search(part, level, false)),
    interior: (region) => searchRegion(region, universe, (part) => search(part, level, true)),
  };
}
