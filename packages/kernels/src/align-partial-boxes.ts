/** Share by which to overshoot from the previous box's value, so that a straight line meets a partial box's own centre. */
function overshoot(boxSize: number, size: number, count: number): number {
  const partial = size - (count - 1) * boxSize;
  return count > 1 ? (2 * boxSize) / (boxSize + partial) : 1;
}

/**
 * Moves the values of partial last boxes, in place, from the centre of their pixels to the nominal node of a `Mesh`, along
 * the straight line from the box before: without it a sloping sky is off by up to half a box at the far edges. Values are
 * `nx × ny` boxes over `width × height` pixels, as `boxStatistics` gives them; where one is NaN so is the result.
 */
export function alignPartialBoxes(
  values: Float32Array,
  nx: number,
  ny: number,
  boxSize: number,
  width: number,
  height: number,
): void {
  const alongX = overshoot(boxSize, width, nx);
  const alongY = overshoot(boxSize, height, ny);
  if (alongX !== 1) {
    for (let j = 0; j < ny; j++) {
      const before = values[j * nx + nx - 2]!;
      values[j * nx + nx - 1] = before + alongX * (values[j * nx + nx - 1]! - before);
    }
  }
  if (alongY === 1) return;
  for (let i = 0; i < nx; i++) {
    const before = values[(ny - 2) * nx + i]!;
    values[(ny - 1) * nx + i] = before + alongY * (values[(ny - 1) * nx + i]! - before);
  }
}
