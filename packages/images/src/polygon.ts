/** True when (x, y) is inside a polygon (even–odd rule; points on an edge may fall either way). */
export function polygonContains(
  polygon: ReadonlyArray<readonly [x: number, y: number]>,
  x: number,
  y: number,
): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i]!;
    const [xj, yj] = polygon[j]!;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
