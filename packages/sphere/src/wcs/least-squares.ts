/**
 * Solves min ‖A c − b‖ for each right-hand side by Householder reflections (Golub & Van Loan, 5.3.2). `a` is column-major,
 * rows × columns, and is overwritten, as are the right-hand sides. Returns undefined where the columns are dependent.
 */
export function solveLeastSquares(
  a: Float64Array,
  rows: number,
  columns: number,
  rightHandSides: readonly Float64Array[],
): Float64Array[] | undefined {
  const diagonal = new Float64Array(columns);
  let largest = 0;
  for (let k = 0; k < columns; k++) {
    const start = k * rows;
    let square = 0;
    for (let i = k; i < rows; i++) square += a[start + i]! * a[start + i]!;
    const norm = Math.sqrt(square);
    largest = Math.max(largest, norm);
    if (!(norm > 1e-12 * largest)) return undefined;
    const head = a[start + k]!;
    const pivot = head > 0 ? -norm : norm;
    diagonal[k] = pivot;
    a[start + k] = head - pivot;
    // The reflection is I − v vᵀ / (pivot · (pivot − head)), with v stored in the column.
    const denominator = pivot * (pivot - head);
    for (let column = k + 1; column < columns; column++) {
      reflect(a, start, a, column * rows, k, rows, denominator);
    }
    for (const b of rightHandSides) reflect(a, start, b, 0, k, rows, denominator);
  }
  return rightHandSides.map((b) => {
    const solution = new Float64Array(columns);
    for (let k = columns - 1; k >= 0; k--) {
      let value = b[k]!;
      for (let column = k + 1; column < columns; column++) value -= a[column * rows + k]! * solution[column]!;
      solution[k] = value / diagonal[k]!;
    }
    return solution;
  });
}

function reflect(
  vector: Float64Array,
  vectorStart: number,
  target: Float64Array,
  targetStart: number,
  from: number,
  to: number,
  denominator: number,
): void {
  let product = 0;
  for (let i = from; i < to; i++) product += vector[vectorStart + i]! * target[targetStart + i]!;
  const factor = product / denominator;
  for (let i = from; i < to; i++)
    target[targetStart + i] = target[targetStart + i]! - factor * vector[vectorStart + i]!;
}
