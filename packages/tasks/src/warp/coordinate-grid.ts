import type { Box } from "@almagest/images";
import type { CoordinateGrid } from "@almagest/kernels";
import type { SkyWcs } from "@almagest/sphere";

/** Source array coordinates of destination pixels at the given positions (parent pixel coordinates). */
function mapPositions(
  x: Float64Array,
  y: Float64Array,
  destination: SkyWcs,
  source: SkyWcs,
  sourceBox: Box,
): void {
  destination.pixelToSkyArrays(x, y, x, y);
  source.skyToPixelArrays(x, y, x, y);
  for (let i = 0; i < x.length; i++) {
    x[i] = x[i]! - sourceBox.x0;
    y[i] = y[i]! - sourceBox.y0;
  }
}

function sampleGrid(
  box: Box,
  step: number,
  destination: SkyWcs,
  source: SkyWcs,
  sourceBox: Box,
): CoordinateGrid {
  const nx = Math.max(2, Math.ceil((box.width - 1) / step) + 1);
  const ny = Math.max(2, Math.ceil((box.height - 1) / step) + 1);
  const x = new Float64Array(nx * ny);
  const y = new Float64Array(nx * ny);
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      x[j * nx + i] = box.x0 + i * step;
      y[j * nx + i] = box.y0 + j * step;
    }
  }
  mapPositions(x, y, destination, source, sourceBox);
  return { step, nx, ny, x, y };
}

/** Largest distance, in source pixels, between the map and its bilinear interpolation at the middles of some cells. */
function interpolationError(
  grid: CoordinateGrid,
  box: Box,
  destination: SkyWcs,
  source: SkyWcs,
  sourceBox: Box,
): number {
  const { step, nx, ny } = grid;
  const strideX = Math.max(1, Math.floor((nx - 1) / 8));
  const strideY = Math.max(1, Math.floor((ny - 1) / 8));
  const cells: number[] = [];
  for (let j = 0; j < ny - 1; j += strideY) for (let i = 0; i < nx - 1; i += strideX) cells.push(j * nx + i);
  const x = Float64Array.from(cells, (at) => box.x0 + ((at % nx) + 0.5) * step);
  const y = Float64Array.from(cells, (at) => box.y0 + (Math.floor(at / nx) + 0.5) * step);
  mapPositions(x, y, destination, source, sourceBox);
  const mean = (plane: Float64Array, at: number) =>
    (plane[at]! + plane[at + 1]! + plane[at + nx]! + plane[at + nx + 1]!) / 4;
  return cells.reduce((worst, at, k) => {
    const error = Math.hypot(x[k]! - mean(grid.x, at), y[k]! - mean(grid.y, at));
    return error > worst ? error : worst;
  }, 0);
}

/** Finest spacing of the grid, destination pixels. */
const FINEST = 4;

/**
 * Where the pixels of `box` of the destination lie in the source's pixel array, on a grid fine enough that bilinear
 * interpolation errs by less than `maxErrorPixels` (checked at cell middles) or has reached 4 pixels.
 */
export function createCoordinateGrid(
  box: Box,
  destination: SkyWcs,
  source: SkyWcs,
  sourceBox: Box,
  spacing: number,
  maxErrorPixels: number,
): CoordinateGrid {
  for (let step = spacing; ; step = Math.max(FINEST, step >> 1)) {
    const grid = sampleGrid(box, step, destination, source, sourceBox);
    if (step <= FINEST || interpolationError(grid, box, destination, source, sourceBox) <= maxErrorPixels) {
      return grid;
    }
  }
}

/** Pixels between points along the source's border. */
const BORDER_SPACING = 64;

/**
 * The part of the destination that the source reaches: bounds of the source's border on the destination, and one cell
 * more. The whole `destinationBox` where the border does not map (more than a hemisphere away, poles).
 */
export function findReach(sourceBox: Box, source: SkyWcs, destinationBox: Box, destination: SkyWcs): Box {
  const { x0, y0, width, height } = sourceBox;
  const border: [number, number][] = [];
  const points = (length: number) => Math.max(1, Math.ceil(length / BORDER_SPACING));
  for (let k = 0; k <= points(width); k++) {
    const x = x0 - 0.5 + (k * width) / points(width);
    border.push([x, y0 - 0.5], [x, y0 + height - 0.5]);
  }
  for (let k = 0; k <= points(height); k++) {
    const y = y0 - 0.5 + (k * height) / points(height);
    border.push([x0 - 0.5, y], [x0 + width - 0.5, y]);
  }
  const x = Float64Array.from(border, ([bx]) => bx);
  const y = Float64Array.from(border, ([, by]) => by);
  mapPositions(x, y, source, destination, { x0: 0, y0: 0, width: 0, height: 0 });
  if (x.some(Number.isNaN) || y.some(Number.isNaN)) return destinationBox;
  const left = Math.max(destinationBox.x0, Math.floor(Math.min(...x)) - 2);
  const low = Math.max(destinationBox.y0, Math.floor(Math.min(...y)) - 2);
  const right = Math.min(destinationBox.x0 + destinationBox.width, Math.ceil(Math.max(...x)) + 3);
  const high = Math.min(destinationBox.y0 + destinationBox.height, Math.ceil(Math.max(...y)) + 3);
  return { x0: left, y0: low, width: Math.max(0, right - left), height: Math.max(0, high - low) };
}
