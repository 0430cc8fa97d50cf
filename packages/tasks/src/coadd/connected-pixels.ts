/**
 * Keeps, of the pixels marked 1 (weak) or 2 (strong), the connected groups (eight neighbours) that hold a strong pixel
 * and at least `minimum` pixels; all others become 0, those kept 1. In place; returns how many pixels are kept.
 */
export function keepConnected(marks: Uint8Array, width: number, minimum: number): number {
  const height = marks.length / width;
  const group: number[] = [];
  let kept = 0;
  // Marks of groups that were visited: 3 rejected, 4 kept.
  for (let seed = 0; seed < marks.length; seed++) {
    if (marks[seed] !== 2) continue;
    group.length = 0;
    group.push(seed);
    marks[seed] = 3;
    for (let i = 0; i < group.length; i++) {
      const at = group[i]!;
      const x = at % width;
      const y = (at - x) / width;
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const next = ny * width + nx;
          if (marks[next] !== 1 && marks[next] !== 2) continue;
          marks[next] = 3;
          group.push(next);
        }
      }
    }
    if (group.length < minimum) continue;
    for (const at of group) marks[at] = 4;
    kept += group.length;
  }
  for (let i = 0; i < marks.length; i++) marks[i] = marks[i] === 4 ? 1 : 0;
  return kept;
}

/** Marks the eight neighbours of every marked pixel too. */
export function growByOne(marks: Uint8Array, width: number): void {
  const height = marks.length / width;
  const seeds: number[] = [];
  for (let i = 0; i < marks.length; i++) if (marks[i] === 1) seeds.push(i);
  for (const at of seeds) {
    const x = at % width;
    const y = (at - x) / width;
    for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
      for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) marks[ny * width + nx] = 1;
    }
  }
}
