/**
 * Second derivatives of the natural cubic spline through unit-spaced nodes: solves the tridiagonal system (1, 4, 1) for
 * nodes[start + k·stride], k < n, into `second` at the same places. `upper` is scratch of n numbers.
 */
export function fillSecondDerivatives(
  nodes: Float64Array,
  start: number,
  stride: number,
  n: number,
  second: Float64Array,
  upper: Float64Array,
): void {
  second[start] = 0;
  upper[0] = 0;
  for (let k = 1; k < n - 1; k++) {
    const at = start + k * stride;
    const pivot = 4 - upper[k - 1]!;
    upper[k] = 1 / pivot;
    const bend = nodes[at + stride]! - 2 * nodes[at]! + nodes[at - stride]!;
    second[at] = (6 * bend - second[at - stride]!) / pivot;
  }
  second[start + (n - 1) * stride] = 0;
  for (let k = n - 2; k > 0; k--)
    second[start + k * stride]! -= upper[k]! * second[start + (k + 1) * stride]!;
}

/**
 * The cubic of one cell into `out`: value = a + t(b + t(c + t·d)), t = u − start; out = [a, b, c, d, start]. Cell −1 and
 * cell n − 1 are the straight continuations before the first and after the last node.
 */
export function fillCellCubic(
  nodes: Float64Array,
  second: Float64Array,
  start: number,
  stride: number,
  n: number,
  cell: number,
  out: Float64Array,
): void {
  const inner = Math.min(Math.max(cell, 0), Math.max(0, n - 2));
  const at = start + inner * stride;
  const left = nodes[at]!;
  const right = n > 1 ? nodes[at + stride]! : left;
  const leftBend = second[at]!;
  const rightBend = n > 1 ? second[at + stride]! : 0;
  const after = cell >= n - 1 && n > 1;
  out[0] = after ? right : left;
  out[1] = after
    ? right - left + (leftBend + 2 * rightBend) / 6
    : right - left - (2 * leftBend + rightBend) / 6;
  const straight = cell !== inner;
  out[2] = straight ? 0 : leftBend / 2;
  out[3] = straight ? 0 : (rightBend - leftBend) / 6;
  out[4] = after ? n - 1 : inner;
}
