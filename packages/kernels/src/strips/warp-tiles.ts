import { openArena } from "../engine/arena.ts";
import { lanczos3Table } from "../lanczos-table.ts";
import type { CoordinateGrid, WarpOptions, WarpPlanes } from "../warp-lanczos3.ts";

const TILE = 256;
/** Largest part of the source, in pixels, held at a time; tiles that need more are split. */
const MOST_SOURCE_PIXELS = 1 << 21;

interface Rectangle {
  readonly x0: number;
  readonly y0: number;
  readonly width: number;
  readonly height: number;
}

/** The part of the source that a tile's footprints can touch, from the grid nodes around it; empty when none. */
function sourceOf(grid: CoordinateGrid, tile: Rectangle, src: WarpPlanes): Rectangle {
  const { step, nx, ny } = grid;
  const firstI = Math.min(nx - 2, Math.floor(tile.x0 / step));
  const lastI = Math.min(nx - 1, Math.floor((tile.x0 + tile.width - 1) / step) + 1);
  const firstJ = Math.min(ny - 2, Math.floor(tile.y0 / step));
  const lastJ = Math.min(ny - 1, Math.floor((tile.y0 + tile.height - 1) / step) + 1);
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let j = firstJ; j <= lastJ; j++) {
    for (let i = firstI; i <= lastI; i++) {
      const x = grid.x[j * nx + i]!;
      const y = grid.y[j * nx + i]!;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < bottom) bottom = y;
      if (y > top) top = y;
    }
  }
  const x0 = Math.max(0, Math.floor(left) - 4);
  const y0 = Math.max(0, Math.floor(bottom) - 4);
  const width = Math.max(0, Math.min(src.width, Math.ceil(right) + 5) - x0);
  const height = Math.max(0, Math.min(src.height, Math.ceil(top) + 5) - y0);
  return width > 0 && height > 0 ? { x0, y0, width, height } : { x0: 0, y0: 0, width: 0, height: 0 };
}

/** Tiles of the output, split until each needs a bounded part of the source. */
function planTiles(
  src: WarpPlanes,
  grid: CoordinateGrid,
  dst: WarpPlanes,
): { tile: Rectangle; source: Rectangle }[] {
  const plan: { tile: Rectangle; source: Rectangle }[] = [];
  const add = (tile: Rectangle): void => {
    const source = sourceOf(grid, tile, src);
    const { x0, y0, width, height } = tile;
    if (source.width * source.height <= MOST_SOURCE_PIXELS || Math.max(width, height) <= 1) {
      plan.push({ tile, source });
    } else if (width >= height) {
      const half = width >> 1;
      add({ x0, y0, width: half, height });
      add({ x0: x0 + half, y0, width: width - half, height });
    } else {
      const half = height >> 1;
      add({ x0, y0, width, height: half });
      add({ x0, y0: y0 + half, width, height: height - half });
    }
  };
  for (let y0 = 0; y0 < dst.height; y0 += TILE) {
    for (let x0 = 0; x0 < dst.width; x0 += TILE) {
      add({ x0, y0, width: Math.min(TILE, dst.width - x0), height: Math.min(TILE, dst.height - y0) });
    }
  }
  return plan;
}

/** The fast `warpLanczos3`: tile by tile through the module's memory. */
export function warpLanczos3Tiles(
  src: WarpPlanes,
  grid: CoordinateGrid,
  dst: WarpPlanes,
  options: WarpOptions,
): void {
  const plan = planTiles(src, grid, dst);
  const most = plan.reduce((pixels, { source }) => Math.max(pixels, source.width * source.height), 1);
  const weights = lanczos3Table();
  const nodes = grid.nx * grid.ny;
  const arena = openArena(most * 12 + TILE * TILE * 12 + weights.byteLength + nodes * 16);
  const table = arena.floats(weights.length);
  table.view.set(weights);
  const gridX = arena.doubles(nodes);
  const gridY = arena.doubles(nodes);
  gridX.view.set(grid.x);
  gridY.view.set(grid.y);
  const image = arena.floats(most);
  const mask = arena.words(most);
  const variance = src.variance ? arena.floats(most) : undefined;
  const outImage = arena.floats(TILE * TILE);
  const outVariance = arena.floats(TILE * TILE);
  const outMask = arena.words(TILE * TILE);
  outVariance.view.fill(0);
  const { kernels } = arena;
  for (const { tile, source } of plan) {
    const pixels = source.width * source.height;
    for (let row = 0; row < source.height; row++) {
      const from = (source.y0 + row) * src.width + source.x0;
      const to = row * source.width;
      image.view.set(src.image.subarray(from, from + source.width), to);
      variance?.view.set(src.variance!.subarray(from, from + source.width), to);
      if (src.mask) mask.view.set(src.mask.subarray(from, from + source.width), to);
    }
    if (!src.mask) mask.view.fill(0, 0, pixels);
    kernels.flagOdd(image.at, mask.at, options.noDataBits, pixels * 4);
    if (variance) kernels.flagOdd(variance.at, mask.at, options.noDataBits, pixels * 4);
    kernels.warpTile(
      image.at,
      variance?.at ?? 0,
      mask.at,
      source.width * 4,
      source.x0,
      source.y0,
      src.width,
      src.height,
      gridX.at,
      gridY.at,
      grid.nx,
      grid.ny,
      grid.step,
      tile.x0,
      tile.y0,
      tile.width,
      tile.height,
      table.at,
      (options.spreadBits ?? 0) | options.noDataBits,
      options.noDataBits,
      (options.scaleArea ?? true) ? 1 : 0,
      options.fill ?? Number.NaN,
      outImage.at,
      outVariance.at,
      outMask.at,
    );
    for (let row = 0; row < tile.height; row++) {
      const from = row * tile.width;
      const to = (tile.y0 + row) * dst.width + tile.x0;
      dst.image.set(outImage.view.subarray(from, from + tile.width), to);
      dst.variance?.set(outVariance.view.subarray(from, from + tile.width), to);
      dst.mask?.set(outMask.view.subarray(from, from + tile.width), to);
    }
  }
}
