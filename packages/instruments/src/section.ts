import type { Box } from "@almagest/images";

/** A FITS section: the pixels it covers (zero-based) and whether it runs against the axes. */
export interface Section {
  readonly box: Box;
  readonly flipX: boolean;
  readonly flipY: boolean;
}

/** Parses `[x1:x2,y1:y2]` (one-based, inclusive, either direction); undefined for `UNKNOWN`, `[0:0,0:0]` and the like. */
export function parseSection(text: unknown): Section | undefined {
  if (typeof text !== "string") return undefined;
  const match = /^\s*\[\s*(\d+)\s*:\s*(\d+)\s*,\s*(\d+)\s*:\s*(\d+)\s*\]\s*$/.exec(text);
  if (match === null) return undefined;
  const [x1, x2, y1, y2] = match.slice(1).map(Number) as [number, number, number, number];
  if (x1 < 1 || x2 < 1 || y1 < 1 || y2 < 1) return undefined;
  return {
    box: {
      x0: Math.min(x1, x2) - 1,
      y0: Math.min(y1, y2) - 1,
      width: Math.abs(x2 - x1) + 1,
      height: Math.abs(y2 - y1) + 1,
    },
    flipX: x2 < x1,
    flipY: y2 < y1,
  };
}

/** Writes a box as a FITS section, running backwards where flipped. */
export function formatSection(box: Box, flipX = false, flipY = false): string {
  const range = (start: number, size: number, flip: boolean): string =>
    flip ? `${start + size}:${start + 1}` : `${start + 1}:${start + size}`;
  return `[${range(box.x0, box.width, flipX)},${range(box.y0, box.height, flipY)}]`;
}
