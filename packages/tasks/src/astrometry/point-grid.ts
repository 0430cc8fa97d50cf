import type { PlanePoints } from "./plane-transform.ts";

/** Finds the nearest of many plane points by hashing them into square cells. */
export interface PointGrid {
  /** Index of the nearest point within `radius` (at most the cell size), or −1. Ties go to the lower index. */
  nearest(x: number, y: number, radius: number): number;
}

/** Builds a grid over `points` with cells of `cellSize`. */
export function createPointGrid(points: PlanePoints, cellSize: number): PointGrid {
  const cells = new Map<number, number[]>();
  const key = (cx: number, cy: number): number => cx * 67_108_859 + cy;
  for (let i = 0; i < points.x.length; i++) {
    const k = key(Math.floor(points.x[i]! / cellSize), Math.floor(points.y[i]! / cellSize));
    const cell = cells.get(k);
    if (cell === undefined) cells.set(k, [i]);
    else cell.push(i);
  }
  return {
    nearest(x, y, radius) {
      const cx = Math.floor(x / cellSize);
      const cy = Math.floor(y / cellSize);
      let best = -1;
      let bestSquare = radius * radius;
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const cell = cells.get(key(cx + dx, cy + dy));
          if (cell === undefined) continue;
          for (const i of cell) {
            const square = (points.x[i]! - x) ** 2 + (points.y[i]! - y) ** 2;
            if (square < bestSquare || (square === bestSquare && best >= 0 && i < best)) {
              best = i;
              bestSquare = square;
            }
          }
        }
      }
      return best;
    },
  };
}

/** Pairs (i, j) where target `j` is the nearest to mapped source `i` within `radius`, and `i` the nearest to `j`. */
export function matchNearest(
  mapped: PlanePoints,
  targets: PlanePoints,
  radius: number,
): Array<readonly [i: number, j: number]> {
  const targetGrid = createPointGrid(targets, radius);
  const sourceGrid = createPointGrid(mapped, radius);
  const pairs: Array<readonly [number, number]> = [];
  for (let i = 0; i < mapped.x.length; i++) {
    const j = targetGrid.nearest(mapped.x[i]!, mapped.y[i]!, radius);
    if (j >= 0 && sourceGrid.nearest(targets.x[j]!, targets.y[j]!, radius) === i) pairs.push([i, j]);
  }
  return pairs;
}
