import { AlmagestError } from "@almagest/base";
import type { PixelBox } from "../pixel-box.ts";
import { boxRegion } from "../regions/box-region.ts";
import type { ConvexPolygon, Region } from "../regions/region.ts";
import type { SkyWcs } from "../sky-wcs.ts";
import { shiftWcs } from "../wcs/shift-wcs.ts";
import type { PatchSizes } from "./sky-map-config.ts";

/** A rectangle of a tract's pixels, processed and stored as one image. */
export interface Patch {
  /** Sequential index in the tract: cellY × patchCountX + cellX. */
  readonly index: number;
  readonly tractId: number;
  readonly cellX: number;
  readonly cellY: number;
  /** Pixels that belong to this patch alone, in the tract's pixel coordinates. */
  readonly innerBox: PixelBox;
  /** The same with a border that overlaps the neighbours. */
  readonly outerBox: PixelBox;
  /** The tract's WCS: pixel coordinates are the tract's, not the patch's. */
  readonly wcs: SkyWcs;
  /** The outer box on the sky, as the Butler's patch records have it. */
  readonly region: ConvexPolygon;
}

/** A tangent plane that covers a part of the sky, divided into patches. */
export interface Tract {
  readonly id: number;
  readonly wcs: SkyWcs;
  /** All pixels; the corner is (0, 0). */
  readonly bbox: PixelBox;
  readonly centre: { readonly raDeg: number; readonly decDeg: number };
  /** The part of the sky that belongs to this tract alone. */
  readonly innerRegion: Region;
  /** The bounding box on the sky, as the Butler's tract records have it. */
  readonly outerPolygon: ConvexPolygon;
  readonly patchCountX: number;
  readonly patchCountY: number;
  /** patchCountX × patchCountY. */
  readonly patchCount: number;
  /** The patch of a sequential index; throws `SPHERE.SKYMAP_INVALID` where there is none. */
  patch(index: number): Patch;
  /** All patches, in order of their index. */
  patches(): Patch[];
  /** The patch whose inner box holds a position; undefined outside the tract. */
  findPatch(raDeg: number, decDeg: number): Patch | undefined;
  /** Whether a position is on the tract's pixels. */
  contains(raDeg: number, decDeg: number): boolean;
}

/** What a tract is made from. */
export interface TractOptions {
  readonly id: number;
  readonly centre: { readonly raDeg: number; readonly decDeg: number };
  /** The tract's plane with its reference pixel at (0, 0). */
  readonly planeWcs: SkyWcs;
  /** Sky positions that the tract must hold. */
  readonly extent: readonly { readonly raDeg: number; readonly decDeg: number }[];
  readonly patchSizes: PatchSizes;
  /** The tract's own area; the corners of its bounding box when undefined. */
  readonly innerRegion: Region | undefined;
}

/** The nearest pixel to a coordinate; halves go up. */
function nearestPixel(coordinate: number): number {
  return Math.floor(coordinate + 0.5);
}

/** Start and length, along one axis, of a whole number of patches around the pixels min … max, and that number. */
function fitPatches(min: number, max: number, inner: number): { start: number; size: number; count: number } {
  const first = Math.ceil(min - 0.5);
  const size = nearestPixel(max) - first + 1;
  const count = Math.ceil(size / inner);
  return { start: first - Math.floor((count * inner - size) / 2), size: count * inner, count };
}

/**
 * A tract as lsst.skymap makes it: the box that holds its extent, grown about its centre to a whole number of patches, with
 * its corner moved to pixel (0, 0).
 */
export function createTract(options: TractOptions): Tract {
  const { id, centre, planeWcs, extent, patchSizes } = options;
  const pixels = extent.map(({ raDeg, decDeg }) => planeWcs.skyToPixel(raDeg, decDeg));
  const xs = pixels.map(({ x }) => x);
  const ys = pixels.map(({ y }) => y);
  const alongX = fitPatches(Math.min(...xs), Math.max(...xs), patchSizes.innerWidth);
  const alongY = fitPatches(Math.min(...ys), Math.max(...ys), patchSizes.innerHeight);
  const bbox: PixelBox = { x0: 0, y0: 0, width: alongX.size, height: alongY.size };
  const wcs = shiftWcs(planeWcs, -alongX.start, -alongY.start);
  const patchCount = alongX.count * alongY.count;
  const contains = (x: number, y: number): boolean => x >= 0 && y >= 0 && x < bbox.width && y < bbox.height;

  const patch = (index: number): Patch => {
    if (!Number.isInteger(index) || index < 0 || index >= patchCount) {
      throw new AlmagestError(
        "SPHERE.SKYMAP_INVALID",
        `Tract ${id} has patches 0 to ${patchCount - 1}, not ${index}.`,
        {
          fields: { tract: id, patch: index },
        },
      );
    }
    return createPatch(id, index, alongX.count, bbox, wcs, patchSizes);
  };
  return {
    id,
    wcs,
    bbox,
    centre,
    get innerRegion() {
      return options.innerRegion ?? boxRegion(wcs, bbox, -0.001);
    },
    get outerPolygon() {
      return boxRegion(wcs, bbox);
    },
    patchCountX: alongX.count,
    patchCountY: alongY.count,
    patchCount,
    patch,
    patches: () => Array.from({ length: patchCount }, (_, index) => patch(index)),
    findPatch(raDeg, decDeg) {
      const position = wcs.skyToPixel(raDeg, decDeg);
      const x = nearestPixel(position.x);
      const y = nearestPixel(position.y);
      if (!contains(x, y)) return undefined;
      const cellX = Math.floor(x / patchSizes.innerWidth);
      const cellY = Math.floor(y / patchSizes.innerHeight);
      return patch(cellY * alongX.count + cellX);
    },
    contains(raDeg, decDeg) {
      const { x, y } = wcs.skyToPixel(raDeg, decDeg);
      return contains(nearestPixel(x), nearestPixel(y));
    },
  };
}

function createPatch(
  tractId: number,
  index: number,
  patchCountX: number,
  bbox: PixelBox,
  wcs: SkyWcs,
  sizes: PatchSizes,
): Patch {
  const cellX = index % patchCountX;
  const cellY = Math.floor(index / patchCountX);
  const { innerWidth, innerHeight, border, isClipped } = sizes;
  const innerBox = {
    x0: cellX * innerWidth,
    y0: cellY * innerHeight,
    width: innerWidth,
    height: innerHeight,
  };
  const clip = (value: number, size: number): number =>
    isClipped ? Math.min(Math.max(value, 0), size) : value;
  const x0 = clip(innerBox.x0 - border, bbox.width);
  const y0 = clip(innerBox.y0 - border, bbox.height);
  const outerBox = {
    x0,
    y0,
    width: clip(innerBox.x0 + innerWidth + border, bbox.width) - x0,
    height: clip(innerBox.y0 + innerHeight + border, bbox.height) - y0,
  };
  return {
    index,
    tractId,
    cellX,
    cellY,
    innerBox,
    outerBox,
    wcs,
    get region() {
      return boxRegion(wcs, outerBox);
    },
  };
}
