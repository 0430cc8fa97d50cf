import type { Box } from "./box.ts";

/** A box from its first pixel and size. */
export function createBox(x0: number, y0: number, width: number, height: number): Box {
  return { x0, y0, width, height };
}

/** True when a box has no pixel. */
export function isEmptyBox(box: Box): boolean {
  return box.width <= 0 || box.height <= 0;
}

/** Number of pixels in a box. */
export function boxArea(box: Box): number {
  return isEmptyBox(box) ? 0 : box.width * box.height;
}

/** True when two boxes are the same. */
export function boxesEqual(a: Box, b: Box): boolean {
  return a.x0 === b.x0 && a.y0 === b.y0 && a.width === b.width && a.height === b.height;
}

/** The pixels two boxes share; a box of width and height 0 when there are none. */
export function intersectBoxes(a: Box, b: Box): Box {
  const x0 = Math.max(a.x0, b.x0);
  const y0 = Math.max(a.y0, b.y0);
  const width = Math.min(a.x0 + a.width, b.x0 + b.width) - x0;
  const height = Math.min(a.y0 + a.height, b.y0 + b.height) - y0;
  return width > 0 && height > 0 ? { x0, y0, width, height } : { x0, y0, width: 0, height: 0 };
}

/** The smallest box that holds both; empty boxes add nothing. */
export function unionBoxes(a: Box, b: Box): Box {
  if (isEmptyBox(a)) return b;
  if (isEmptyBox(b)) return a;
  const x0 = Math.min(a.x0, b.x0);
  const y0 = Math.min(a.y0, b.y0);
  return {
    x0,
    y0,
    width: Math.max(a.x0 + a.width, b.x0 + b.width) - x0,
    height: Math.max(a.y0 + a.height, b.y0 + b.height) - y0,
  };
}

/** The box with `margin` pixels more (or, negative, fewer) on each side; never less than empty. */
export function growBox(box: Box, margin: number): Box {
  return {
    x0: box.x0 - margin,
    y0: box.y0 - margin,
    width: Math.max(0, box.width + 2 * margin),
    height: Math.max(0, box.height + 2 * margin),
  };
}

/** The box moved by (dx, dy) pixels. */
export function shiftBox(box: Box, dx: number, dy: number): Box {
  return { x0: box.x0 + dx, y0: box.y0 + dy, width: box.width, height: box.height };
}

/** True when the pixel that holds position (x, y) is in the box: pixels reach half a pixel beyond their centres. */
export function boxContainsPoint(box: Box, x: number, y: number): boolean {
  const dx = x - box.x0 + 0.5;
  const dy = y - box.y0 + 0.5;
  return dx >= 0 && dx < box.width && dy >= 0 && dy < box.height;
}

/** True when all pixels of `inner` are in `outer`. */
export function boxContainsBox(outer: Box, inner: Box): boolean {
  return isEmptyBox(inner) || boxesEqual(intersectBoxes(outer, inner), inner);
}

/** Corners of the box's outline (half a pixel beyond the centres), counter-clockwise from the lower left. */
export function boxCorners(box: Box): ReadonlyArray<readonly [x: number, y: number]> {
  const left = box.x0 - 0.5;
  const bottom = box.y0 - 0.5;
  const right = left + box.width;
  const top = bottom + box.height;
  return [
    [left, bottom],
    [right, bottom],
    [right, top],
    [left, top],
  ];
}
