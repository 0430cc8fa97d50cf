import { LANCZOS_PHASES, lanczos3Table } from "../lanczos-table.ts";
import type { CoordinateGrid, WarpOptions, WarpPlanes } from "../warp-lanczos3.ts";

const f = Math.fround;

/** Where one output row crosses one grid cell: source position at the cell's left edge and step per pixel. */
interface CellRow {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  /** Area of an output pixel in source pixels. */
  readonly area: number;
}

function crossCell(grid: CoordinateGrid, cell: number, row: number): CellRow {
  const j = Math.min(grid.ny - 2, Math.floor(row / grid.step));
  const v = row / grid.step - j;
  const at = j * grid.nx + cell;
  const below = at + grid.nx;
  const mix = (a: Float64Array, i: number, k: number): number => a[i]! + v * (a[k]! - a[i]!);
  const x = mix(grid.x, at, below);
  const y = mix(grid.y, at, below);
  const dx = (mix(grid.x, at + 1, below + 1) - x) / grid.step;
  const dy = (mix(grid.y, at + 1, below + 1) - y) / grid.step;
  const ux = (grid.x[below]! - grid.x[at]! + (grid.x[below + 1]! - grid.x[at + 1]!)) / (2 * grid.step);
  const uy = (grid.y[below]! - grid.y[at]! + (grid.y[below + 1]! - grid.y[at + 1]!)) / (2 * grid.step);
  return { x, y, dx, dy, area: Math.abs(dx * uy - dy * ux) };
}

/** Σ over the 6 × 6 footprint at (x0, y0): columns down first, then pairs of columns 4 apart, 2 apart, 1 apart. */
function footprintSum(
  plane: Float32Array,
  width: number,
  first: number,
  table: Float32Array,
  atX: number,
  atY: number,
): number {
  const column = (k: number): number => {
    let sum = 0;
    for (let j = 0; j < 6; j++) {
      const value = plane[first + j * width + k]!;
      const term = f((Number.isFinite(value) ? value : 0) * table[atY + j]!);
      sum = j === 0 ? term : f(sum + term);
    }
    return f(sum * table[atX + k]!);
  };
  const even = f(f(column(0) + column(4)) + f(column(2) + 0));
  const odd = f(f(column(1) + column(5)) + f(column(3) + 0));
  return f(even + odd);
}

/** Mask bits of an output pixel: the nearest 2 × 2 in full, the whole footprint for `spread` and pixels not finite. */
function footprintBits(src: WarpPlanes, first: number, spread: number, noData: number): number {
  let bits = 0;
  for (let j = 0; j < 6; j++) {
    for (let k = 0; k < 6; k++) {
      const at = first + j * src.width + k;
      const near = (j === 2 || j === 3) && (k === 2 || k === 3);
      const own = src.mask ? src.mask[at]! : 0;
      const finite = Number.isFinite(src.image[at]!) && (!src.variance || Number.isFinite(src.variance[at]!));
      bits |= (near ? own : own & spread) | (finite ? 0 : noData);
    }
  }
  return bits;
}

/** The plain twin of `warpLanczos3`. */
export function warpLanczos3Plain(
  src: WarpPlanes,
  grid: CoordinateGrid,
  dst: WarpPlanes,
  { noDataBits, spreadBits = 0, scaleArea = true, fill = Number.NaN }: WarpOptions,
): void {
  const table = lanczos3Table();
  for (let y = 0; y < dst.height; y++) {
    for (let left = 0, cell = 0; left < dst.width; left += grid.step, cell++) {
      const last = cell === grid.nx - 2;
      const right = last ? dst.width : Math.min(dst.width, left + grid.step);
      const { x: sx, y: sy, dx, dy, area } = crossCell(grid, cell, y);
      const baseX = Math.floor(sx);
      const baseY = Math.floor(sy);
      const scale = scaleArea ? f(area) : 1;
      const scale2 = f(scale * scale);
      for (let x = left; x < right; x++) {
        const at = y * dst.width + x;
        const px = f(f(sx - baseX) + f((x - left) * f(dx)));
        const py = f(f(sy - baseY) + f((x - left) * f(dy)));
        const ix = Math.floor(px);
        const iy = Math.floor(py);
        const firstX = baseX + ix - 2;
        const firstY = baseY + iy - 2;
        if (!(firstX >= 0 && firstY >= 0 && firstX + 6 <= src.width && firstY + 6 <= src.height)) {
          dst.image[at] = fill;
          if (dst.variance) dst.variance[at] = fill;
          if (dst.mask) dst.mask[at] = noDataBits;
          continue;
        }
        const first = firstY * src.width + firstX;
        const atX = Math.floor(f(f(f(px - ix) * LANCZOS_PHASES) + 0.5)) * 16;
        const atY = Math.floor(f(f(f(py - iy) * LANCZOS_PHASES) + 0.5)) * 16;
        dst.image[at] = f(footprintSum(src.image, src.width, first, table, atX, atY) * scale);
        if (dst.variance) {
          const sum = src.variance
            ? footprintSum(src.variance, src.width, first, table, atX + 8, atY + 8)
            : 0;
          dst.variance[at] = f(sum * scale2);
        }
        if (dst.mask) dst.mask[at] = footprintBits(src, first, spreadBits | noDataBits, noDataBits);
      }
      if (last) break;
    }
  }
}
