import type { Image } from "@almagest/images";

/** Side of the blocks in which depth is looked at, pixels: larger than saturated cores, smaller than what dithers leave out. */
const BLOCK = 24;

/**
 * Tells whether a pixel lies where the sky was seen at least `least` times: there, or in the blocks around. Saturated cores
 * and rays, which count less than their surroundings, thus belong to them.
 */
export function createDepthTest({ bbox, data }: Image, least: number): (at: number) => boolean {
  const columns = Math.ceil(bbox.width / BLOCK);
  const rows = Math.ceil(bbox.height / BLOCK);
  const most = new Float32Array(columns * rows);
  for (let at = 0; at < data.length; at++) {
    const x = at % bbox.width;
    const block = Math.floor((at - x) / bbox.width / BLOCK) * columns + Math.floor(x / BLOCK);
    if (data[at]! > most[block]!) most[block] = data[at]!;
  }
  const isDeep = Uint8Array.from(most, (_, block) => {
    const column = block % columns;
    const row = (block - column) / columns;
    for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++) {
      for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++)
        if (most[y * columns + x]! < least) return 0;
    }
    return 1;
  });
  return (at) => {
    if (data[at]! >= least) return true;
    const x = at % bbox.width;
    return isDeep[Math.floor((at - x) / bbox.width / BLOCK) * columns + Math.floor(x / BLOCK)] === 1;
  };
}
