import type { Butler, DatasetRef } from "@almagest/butler";
import type { Image } from "@almagest/images";
import {
  cropToKnown,
  drawColour,
  drawGrey,
  encodePng,
  type Picture,
  type Plane,
  pasteMosaic,
  shrinkFactor,
  shrinkPlane,
  toDataUri,
} from "@almagest/report";

import { createDepthTest } from "./deep-places.ts";

/** Bands from blue to red. */
const WAVELENGTH_ORDER = "ugrizy";
const LARGEST_SIDE = 1800;

/** A picture of the coadds of one tract. */
export interface SkyPicture {
  readonly uri: string;
  readonly caption: string;
  readonly bands: readonly string[];
}

function sortBands(bands: Iterable<string>): string[] {
  const rank = (band: string): number => {
    const at = WAVELENGTH_ORDER.indexOf(band);
    return at < 0 ? WAVELENGTH_ORDER.length : at;
  };
  return [...new Set(bands)].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** Pixels with less than this share of the deepest place's visits are left out of the picture: they are mostly noise. */
const SHALLOW = 0.55;

async function mosaicBand(butler: Butler, run: string, refs: readonly DatasetRef[]): Promise<Plane> {
  const images: Image[] = [];
  const counts: Image[] = [];
  for (const ref of refs) {
    images.push((await butler.get(ref, { component: "image" })) as Image);
    counts.push((await butler.get("deep_coadd_n_image", ref.dataId, { collections: run })) as Image);
  }
  const most = counts.reduce(
    (all, { data }) => data.reduce((large, value) => Math.max(large, value), all),
    0,
  );
  images.forEach(({ data }, k) => {
    const isDeep = createDepthTest(counts[k]!, SHALLOW * most);
    for (let p = 0; p < data.length; p++) if (!isDeep(p)) data[p] = Number.NaN;
  });
  const plane = pasteMosaic(images);
  return shrinkPlane(plane, shrinkFactor(plane, LARGEST_SIDE));
}

function paint(all: readonly Plane[]): Picture {
  const alike = all.every(({ width, height }) => width === all[0]!.width && height === all[0]!.height);
  const planes = alike ? cropToKnown(all) : all;
  const first = planes[0]!;
  const last = planes.at(-1)!;
  if (planes.length === 1 || !alike)
    return drawGrey(last, { kind: "asinh", lowQuantile: 0.25, highQuantile: 0.999 });
  if (planes.length > 2) return drawColour([last, planes[planes.length >> 1]!, first]);
  const middle = { ...first, data: first.data.map((value, p) => (value + last.data[p]!) / 2) };
  return drawColour([last, middle, first]);
}

/** Draws the coadds of a run: in colour with two bands or more, red for the longest wavelength. Undefined without coadds. */
export async function pictureCoadds(butler: Butler, run: string): Promise<SkyPicture | undefined> {
  if ((await butler.queryDatasetTypes("deep_coadd")).length === 0) return undefined;
  const refs = await butler.queryDatasets("deep_coadd", { collections: run });
  if (refs.length === 0) return undefined;
  const tract = refs[0]!.dataId.tract;
  const bands = sortBands(refs.map((ref) => String(ref.dataId.band)));
  const chosen = bands.length > 3 ? [bands[0]!, bands[bands.length >> 1]!, bands.at(-1)!] : bands;
  const planes: Plane[] = [];
  for (const band of chosen) {
    planes.push(
      await mosaicBand(
        butler,
        run,
        refs.filter((ref) => ref.dataId.tract === tract && ref.dataId.band === band),
      ),
    );
  }
  const how = chosen.length > 1 ? `${chosen.toReversed().join(", ")} as red to blue` : `band ${chosen[0]}`;
  return { uri: toDataUri(encodePng(paint(planes))), caption: `Coadd of tract ${tract}, ${how}.`, bands };
}
