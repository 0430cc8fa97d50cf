import { type Box, boxesEqual, cutExposure, type Exposure } from "@almagest/images";
import type { DatasetHandle } from "@almagest/pipeline";

/** Bytes of image, variance and mask per pixel. */
const PIXEL_BYTES = 12;

/** Cuts a box into strips of whole rows so that `count` exposures of one strip fit into the memory given. */
export function planStrips(bbox: Box, count: number, maxMegabytes: number): Box[] {
  const rows = Math.floor((maxMegabytes * 1e6) / (PIXEL_BYTES * Math.max(1, count) * bbox.width));
  const height = Math.max(1, Math.min(bbox.height, rows));
  const strips: Box[] = [];
  for (let y = 0; y < bbox.height; y += height) {
    strips.push({ ...bbox, y0: bbox.y0 + y, height: Math.min(height, bbox.height - y) });
  }
  return strips;
}

/** Reads one strip of a stored exposure, or all of it where the strip is all. */
export async function loadStrip(handle: DatasetHandle<Exposure>, full: Box, strip: Box): Promise<Exposure> {
  if (boxesEqual(full, strip)) return await handle.get();
  const part = (await handle.get({ parameters: { bbox: strip } })) as Exposure;
  // A reader that does not know about parts gives everything.
  return boxesEqual(part.bbox, strip) ? part : cutExposure(part, strip);
}
