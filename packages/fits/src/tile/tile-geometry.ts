import { countPixels, type StoredArray } from "../image/pixel-array.ts";
import type { Region } from "../image/section.ts";
import type { TileLayout } from "./tile-layout.ts";

/** One tile: its row in the table, and the pixels it covers. */
export interface TileBox {
  readonly index: number;
  readonly start: readonly number[];
  readonly shape: readonly number[];
  readonly pixelCount: number;
}

/** The tiles that touch a region, in the order of the table. */
export function listTiles(
  layout: Pick<TileLayout, "shape" | "tileShape" | "tilesPerAxis">,
  region: Region,
): TileBox[] {
  const { shape, tileShape, tilesPerAxis } = layout;
  const first = region.start.map((start, axis) => Math.floor(start / tileShape[axis]!));
  const last = region.start.map((start, axis) =>
    Math.floor((start + region.shape[axis]! - 1) / tileShape[axis]!),
  );
  const tiles: TileBox[] = [];
  const at = [...first];
  for (;;) {
    let index = 0;
    for (let axis = at.length - 1; axis >= 0; axis--) index = index * tilesPerAxis[axis]! + at[axis]!;
    const start = at.map((tile, axis) => tile * tileShape[axis]!);
    const size = start.map((from, axis) => Math.min(tileShape[axis]!, shape[axis]! - from));
    tiles.push({ index, start, shape: size, pixelCount: countPixels(size) });
    let axis = 0;
    while (axis < at.length && at[axis] === last[axis]) at[axis] = first[axis++]!;
    if (axis === at.length) return tiles;
    at[axis]!++;
  }
}

/** Where a tile's pixels lie one after another in the region's array, or false when they do not. */
export function isContiguous(tile: TileBox, region: Region): false | { readonly offset: number } {
  let full = true;
  let offset = 0;
  let stride = 1;
  for (let axis = 0; axis < tile.shape.length; axis++) {
    const from = tile.start[axis]! - region.start[axis]!;
    const length = tile.shape[axis]!;
    if (from < 0 || from + length > region.shape[axis]!) return false;
    if (!full && length > 1) return false;
    full &&= from === 0 && length === region.shape[axis]!;
    offset += from * stride;
    stride *= region.shape[axis]!;
  }
  return { offset };
}

/** Copies the overlap of a tile and a region row by row. */
export function copyTile(values: StoredArray, tile: TileBox, out: StoredArray, region: Region): void {
  const axes = tile.shape.length;
  const from = tile.start.map((start, axis) => Math.max(start, region.start[axis]!));
  const to = tile.start.map((start, axis) =>
    Math.min(start + tile.shape[axis]!, region.start[axis]! + region.shape[axis]!),
  );
  const at = [...from];
  const length = to[0]! - from[0]!;
  for (;;) {
    let source = 0;
    let target = 0;
    for (let axis = axes - 1; axis >= 0; axis--) {
      source = source * tile.shape[axis]! + at[axis]! - tile.start[axis]!;
      target = target * region.shape[axis]! + at[axis]! - region.start[axis]!;
    }
    (out as Uint8Array).set(values.subarray(source, source + length) as Uint8Array, target);
    let axis = 1;
    while (axis < axes && at[axis]! === to[axis]! - 1) at[axis] = from[axis++]!;
    if (axis >= axes) return;
    at[axis]!++;
  }
}
