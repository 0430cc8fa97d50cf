import { AlmagestError } from "@almagest/base";
import { checkPlane } from "./check-plane.ts";
import { warpLanczos3Tiles } from "./strips/warp-tiles.ts";

/** The planes of one input or output of a warp, row-major `width × height`. */
export interface WarpPlanes {
  readonly width: number;
  readonly height: number;
  readonly image: Float32Array;
  readonly variance?: Float32Array;
  readonly mask?: Uint32Array;
}

/**
 * Source coordinates (array pixels, centre of the first pixel at (0, 0)) at every `step`-th output pixel: entry
 * (i, j) belongs to output pixel (i·step, j·step). Must reach the last output row and column or go beyond.
 */
export interface CoordinateGrid {
  readonly step: number;
  readonly nx: number;
  readonly ny: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Choices of a warp. */
export interface WarpOptions {
  /** Bits set in the output mask where there is no data (footprint not wholly inside, or NaN coordinates). */
  readonly noDataBits: number;
  /** Bits that, besides `noDataBits`, come from all 36 pixels of the footprint; others come from the middle 2 × 2. */
  readonly spreadBits?: number;
  /** Multiply by the area of an output pixel in source pixels, so that fluxes are kept; true if not given. */
  readonly scaleArea?: boolean;
  /** Value of image and variance where there is no data; NaN if not given. */
  readonly fill?: number;
}

/**
 * Resamples image, variance and mask with Lanczos order 3: separable at the sub-pixel phase (4096 phases, weights
 * summing to 1); variance with squared weights. Coordinates are interpolated bilinearly within the grid. Source pixels that
 * are not finite count as 0 and carry `noDataBits` over the whole footprint. Every output pixel is written. Throws
 * `KERNELS.SIZE_MISMATCH`, `KERNELS.GRID_TOO_SMALL`.
 */
export function warpLanczos3(
  src: WarpPlanes,
  grid: CoordinateGrid,
  dst: WarpPlanes,
  options: WarpOptions,
): void {
  checkWarpPlanes("src", src);
  checkWarpPlanes("dst", dst);
  checkPlane("grid.x", grid.x, grid.nx, grid.ny);
  checkPlane("grid.y", grid.y, grid.nx, grid.ny);
  const reachX = (grid.nx - 1) * grid.step;
  const reachY = (grid.ny - 1) * grid.step;
  if (grid.nx < 2 || grid.ny < 2 || reachX < dst.width - 1 || reachY < dst.height - 1) {
    throw new AlmagestError(
      "KERNELS.GRID_TOO_SMALL",
      `The grid reaches output pixel (${reachX}, ${reachY}) of ${dst.width} × ${dst.height}; sample it further.`,
      { fields: { reachX, reachY, width: dst.width, height: dst.height } },
    );
  }
  warpLanczos3Tiles(src, grid, dst, options);
}

function checkWarpPlanes(name: string, planes: WarpPlanes): void {
  checkPlane(`${name}.image`, planes.image, planes.width, planes.height);
  if (planes.variance) checkPlane(`${name}.variance`, planes.variance, planes.width, planes.height);
  if (planes.mask) checkPlane(`${name}.mask`, planes.mask, planes.width, planes.height);
}
