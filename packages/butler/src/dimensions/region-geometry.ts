import { createHtmPixelization, decodeRegion, type HtmPixelization } from "@almagest/sphere";

const pixelizations = new Map<number, HtmPixelization>();

/** The HTM at a level. */
export function htmAt(level: number): HtmPixelization {
  let pixelization = pixelizations.get(level);
  if (pixelization === undefined) {
    pixelization = createHtmPixelization(level);
    pixelizations.set(level, pixelization);
  }
  return pixelization;
}

/** Ranges `[begin, end)` of HTM indices that cover a region (sphgeom bytes) at a level, as sphgeom gives them. */
export function htmEnvelope(region: Uint8Array, level: number): readonly (readonly [number, number])[] {
  return htmAt(level).envelope(decodeRegion(region));
}
