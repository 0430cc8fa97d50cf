/** A cubic on one cell: value = a + t(b + t(c + t·d)) with t = u − start, u in node units. */
export interface CellCubic {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly start: number;
}

/**
 * A curve through nodes at u = 0, 1, 2 …: a natural cubic spline, or straight pieces. Cell −1 is the straight
 * continuation before the first node, cell n − 1 the one after the last.
 */
export interface RowSpline {
  /** One more than the number of the last cell. */
  readonly cells: number;
  cellOf(u: number): number;
  cubic(cell: number): CellCubic;
  valueAt(u: number): number;
}

/** Second derivatives of the natural cubic spline through unit-spaced nodes (tridiagonal system 1, 4, 1). */
function secondDerivatives(nodes: Float64Array): Float64Array {
  const n = nodes.length;
  const second = new Float64Array(n);
  const upper = new Float64Array(n);
  for (let i = 1; i < n - 1; i++) {
    const pivot = 4 - upper[i - 1]!;
    upper[i] = 1 / pivot;
    second[i] = (6 * (nodes[i + 1]! - 2 * nodes[i]! + nodes[i - 1]!) - second[i - 1]!) / pivot;
  }
  for (let i = n - 2; i > 0; i--) second[i]! -= upper[i]! * second[i + 1]!;
  return second;
}

/** Prepares the curve through `nodes` (read now and later; do not change them meanwhile). */
export function prepareSpline(nodes: Float64Array, smooth: boolean): RowSpline {
  const n = nodes.length;
  const second = smooth ? secondDerivatives(nodes) : new Float64Array(n);
  const slopeAt = (cell: number, end: 0 | 1): number => {
    const rise = nodes[cell + 1]! - nodes[cell]!;
    return end === 0
      ? rise - (2 * second[cell]! + second[cell + 1]!) / 6
      : rise + (second[cell]! + 2 * second[cell + 1]!) / 6;
  };
  const cubic = (cell: number): CellCubic => {
    if (n === 1) return { a: nodes[0]!, b: 0, c: 0, d: 0, start: 0 };
    if (cell < 0) return { a: nodes[0]!, b: slopeAt(0, 0), c: 0, d: 0, start: 0 };
    if (cell >= n - 1) return { a: nodes[n - 1]!, b: slopeAt(n - 2, 1), c: 0, d: 0, start: n - 1 };
    const c = second[cell]! / 2;
    const d = (second[cell + 1]! - second[cell]!) / 6;
    return { a: nodes[cell]!, b: slopeAt(cell, 0), c, d, start: cell };
  };
  const cellOf = (u: number): number => Math.min(n - 1, Math.max(-1, Math.floor(u)));
  const valueAt = (u: number): number => {
    const { a, b, c, d, start } = cubic(cellOf(u));
    const t = u - start;
    return a + t * (b + t * (c + t * d));
  };
  return { cells: n, cellOf, cubic, valueAt };
}
