/** Marks of pixels in an artifact map: a candidate, a strong candidate, one that was looked at, an artifact. */
export const WEAK = 1;
export const STRONG = 2;
const VISITED = 3;
export const ARTIFACT = 4;

/** Calls `visit` with a pixel's eight neighbours and itself, inside the plane. */
function visitAround(at: number, width: number, height: number, visit: (next: number) => void): void {
  const x = at % width;
  const y = (at - x) / width;
  for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
    for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) visit(ny * width + nx);
  }
}

/**
 * Finds the connected groups (eight neighbours) of WEAK and STRONG marks that hold one of the strong `seeds` and at least
 * `minimum` pixels; marks their pixels ARTIFACT, in place, and returns them.
 */
export function keepConnected(
  marks: Uint8Array,
  seeds: readonly number[],
  width: number,
  minimum: number,
): number[] {
  const height = marks.length / width;
  const kept: number[] = [];
  for (const seed of seeds) {
    if (marks[seed] !== STRONG) continue;
    const group = [seed];
    marks[seed] = VISITED;
    for (let i = 0; i < group.length; i++) {
      visitAround(group[i]!, width, height, (next) => {
        if (marks[next] !== WEAK && marks[next] !== STRONG) return;
        marks[next] = VISITED;
        group.push(next);
      });
    }
    if (group.length < minimum) continue;
    for (const at of group) {
      marks[at] = ARTIFACT;
      kept.push(at);
    }
  }
  return kept;
}

/** Marks the neighbours of these pixels ARTIFACT too. */
export function growByOne(marks: Uint8Array, pixels: readonly number[], width: number): void {
  const height = marks.length / width;
  for (const at of pixels) {
    visitAround(at, width, height, (next) => {
      marks[next] = ARTIFACT;
    });
  }
}
