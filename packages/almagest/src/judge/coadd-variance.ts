import type { Butler } from "@almagest/butler";
import type { Image } from "@almagest/images";
import type { SkyWcs } from "@almagest/sphere";

/** Variance of a band's coadd at a sky position, nJy² per pixel; NaN where no visit looked. */
export type CoaddVariance = (band: string, raDeg: number, decDeg: number) => number;

/** Loads the variance planes of all coadds of a run for look-ups by sky position. */
export async function loadCoaddVariance(butler: Butler, run: string): Promise<CoaddVariance> {
  const planes = new Map<string, { readonly wcs: SkyWcs; readonly variance: Image }[]>();
  for (const ref of await butler.queryDatasets("deep_coadd", { collections: run })) {
    const band = String(ref.dataId.band);
    const entry = {
      wcs: (await butler.get(ref, { component: "wcs" })) as SkyWcs,
      variance: (await butler.get(ref, { component: "variance" })) as Image,
    };
    planes.set(band, [...(planes.get(band) ?? []), entry]);
  }
  return (band, raDeg, decDeg) => {
    for (const { wcs, variance } of planes.get(band) ?? []) {
      const { x, y } = wcs.skyToPixel(raDeg, decDeg);
      const column = Math.round(x) - variance.bbox.x0;
      const row = Math.round(y) - variance.bbox.y0;
      if (!(column >= 0 && row >= 0 && column < variance.bbox.width && row < variance.bbox.height)) continue;
      const value = variance.data[row * variance.bbox.width + column]!;
      if (value > 0 && Number.isFinite(value)) return value;
    }
    return Number.NaN;
  };
}
