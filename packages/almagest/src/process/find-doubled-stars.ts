/** Stars that all have companions at one and the same offset: the telescope moved while the shutter was open. */
export interface DoubledStars {
  readonly dx: number;
  readonly dy: number;
  /** Bright sources that take part, and all that were looked at. */
  readonly sources: number;
  readonly offered: number;
}

/** Positions of sources, brightest first, pixels. */
export interface BrightPositions {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Sources looked at: enough to see a pattern, few enough for chance pairs to be rare. */
const MOST = 150;

/**
 * Looks for one offset at which far more pairs of bright sources lie than chance allows. Guided exposures have none; after a
 * jump or a drift with stops every star appears twice or more. Undefined where there is none.
 */
export function findDoubledStars(
  { x, y }: BrightPositions,
  reachPixels: number,
  tolerancePixels: number,
): DoubledStars | undefined {
  const n = Math.min(MOST, x.length);
  if (n < 8) return undefined;
  const cells = new Map<string, number>();
  const offsets: Array<readonly [dx: number, dy: number, i: number, j: number]> = [];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const sign = x[j]! < x[i]! ? -1 : 1;
      const dx = sign * (x[j]! - x[i]!);
      const dy = sign * (y[j]! - y[i]!);
      if (Math.hypot(dx, dy) <= reachPixels) offsets.push([dx, dy, i, j]);
    }
  }
  const cell = (dx: number, dy: number): string =>
    `${Math.floor(dx / tolerancePixels)},${Math.floor(dy / tolerancePixels)}`;
  for (const [dx, dy] of offsets) cells.set(cell(dx, dy), (cells.get(cell(dx, dy)) ?? 0) + 1);
  let best: readonly [dx: number, dy: number] | undefined;
  let most = 0;
  for (const [dx, dy] of offsets) {
    const count = cells.get(cell(dx, dy))!;
    if (count > most) [most, best] = [count, [dx, dy]];
  }
  if (best === undefined) return undefined;
  const [bx, by] = best;
  const members = offsets.filter(([dx, dy]) => Math.hypot(dx - bx, dy - by) < tolerancePixels);
  const taking = new Set(members.flatMap(([, , i, j]) => [i, j]));
  const area = (Math.PI * reachPixels ** 2) / 2;
  const chance = (offsets.length * Math.PI * tolerancePixels ** 2) / area;
  const many = members.length >= Math.max(6, 3 * chance + 5 * Math.sqrt(chance));
  if (!many || taking.size < 0.2 * n) return undefined;
  const mean = (axis: 0 | 1): number =>
    members.reduce((sum, member) => sum + member[axis], 0) / members.length;
  return { dx: mean(0), dy: mean(1), sources: taking.size, offered: n };
}
