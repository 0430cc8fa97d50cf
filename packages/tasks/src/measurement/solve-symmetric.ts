/**
 * Cholesky factor L (lower, row-major, in place) of a positive definite matrix; a pivot that vanishes is lifted to 1e-9 of
 * the diagonal, so that coincident sources share their flux instead of failing.
 */
export function choleskyInPlace(matrix: Float64Array, n: number): void {
  for (let j = 0; j < n; j++) {
    const diagonal = matrix[j * n + j]!;
    let pivot = diagonal;
    for (let k = 0; k < j; k++) pivot -= matrix[j * n + k]! * matrix[j * n + k]!;
    pivot = Math.sqrt(Math.max(pivot, 1e-9 * diagonal, 1e-300));
    matrix[j * n + j] = pivot;
    for (let i = j + 1; i < n; i++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[i * n + k]! * matrix[j * n + k]!;
      matrix[i * n + j] = sum / pivot;
    }
  }
}

/** Solves L Lᵀ x = b in place of b. */
export function choleskySolve(factor: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= factor[i * n + k]! * b[k]!;
    b[i] = sum / factor[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let k = i + 1; k < n; k++) sum -= factor[k * n + i]! * b[k]!;
    b[i] = sum / factor[i * n + i]!;
  }
}

/** Diagonal of (L Lᵀ)⁻¹. */
export function inverseDiagonal(factor: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n);
  const column = new Float64Array(n);
  for (let c = 0; c < n; c++) {
    column.fill(0);
    column[c] = 1;
    let sum = 0;
    for (let i = c; i < n; i++) {
      let s = column[i]!;
      for (let k = c; k < i; k++) s -= factor[i * n + k]! * column[k]!;
      column[i] = s / factor[i * n + i]!;
      sum += column[i]! * column[i]!;
    }
    out[c] = sum;
  }
  return out;
}
