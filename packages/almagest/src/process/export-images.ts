import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Butler, DatasetRef } from "@almagest/butler";
import {
  createMaskedImage,
  type Exposure,
  maskBits,
  pasteMaskedImage,
  unionBoxes,
  writeExposure,
} from "@almagest/images";
import { drawGrey, encodePng, type Picture, shrinkFactor, shrinkPlane } from "@almagest/report";
import { frameKey } from "./process-frame.ts";
import { tiesOf } from "./settle-records.ts";
import type { SettledFrame } from "./settled-frame.ts";
import type { Stacked } from "./stack-fields.ts";
import { applyTie } from "./tied-warp-task.ts";

/** Largest side of preview pictures. */
const PREVIEW = 1000;
/** Stacks of more pixels are written patch by patch. */
const LARGEST_MOSAIC = 200e6;

/** One file written under images/. */
export interface ExportedImage {
  readonly path: string;
  readonly preview: string;
}

/** What a folder of images holds: a key of what each was made from, by name. */
type Index = Record<string, string>;

/** A grey picture of an image, bright enough to show the faint. */
export function previewOf(image: Exposure["image"], side = PREVIEW): Picture {
  const plane = { width: image.bbox.width, height: image.bbox.height, data: image.data };
  return drawGrey(shrinkPlane(plane, shrinkFactor(plane, side)), {
    kind: "asinh",
    lowQuantile: 0.2,
    highQuantile: 0.998,
  });
}

/** File name without folder and endings. */
export function stemOf(path: string): string {
  return basename(path)
    .replace(/(\.(gz|fz|bz2|Z))?$/i, "")
    .replace(/\.(fits?|fts)$/i, "");
}

/** Names of frames' images: that of their file, with the detector where a file has several. */
function nameFrames(frames: readonly SettledFrame[]): Map<SettledFrame, string> {
  const names = new Map<SettledFrame, string>();
  const taken = new Set<string>();
  for (const settled of frames) {
    const { path, info } = settled.frame;
    const several = frames.some((other) => other !== settled && stemOf(other.frame.path) === stemOf(path));
    let name = several ? `${stemOf(path)}-${info.visitId}-${info.detectorName}` : stemOf(path);
    while (taken.has(name)) name = `${name}_`;
    taken.add(name);
    names.set(settled, name);
  }
  return names;
}

async function writeBoth(folder: string, name: string, exposure: Exposure): Promise<ExportedImage> {
  const path = join(folder, `${name}.fits`);
  const preview = join(folder, `${name}.png`);
  await writeExposure(path, exposure);
  await writeFile(preview, encodePng(previewOf(exposure.image)));
  return { path, preview };
}

async function readStack(butler: Butler, refs: readonly DatasetRef[]): Promise<Exposure> {
  const patches: Exposure[] = [];
  for (const ref of refs) patches.push((await butler.get(ref)) as Exposure);
  const [first] = patches as [Exposure, ...Exposure[]];
  if (patches.length === 1) return first;
  const bbox = patches.map((patch) => patch.bbox).reduce(unionBoxes);
  const mosaic = createMaskedImage(bbox);
  mosaic.image.data.fill(Number.NaN);
  mosaic.variance.data.fill(Number.NaN);
  mosaic.mask.data.fill(maskBits(["NO_DATA"]));
  for (const patch of patches) pasteMaskedImage(mosaic, patch);
  const { psf: _, apertureCorrection: __, ...rest } = first;
  return { ...rest, ...mosaic };
}

/** Writes calibrated frames and stacks as FITS with a picture of each; what is there unchanged is kept. */
export async function exportImages(
  butler: Butler,
  frames: readonly SettledFrame[],
  { map, run }: Stacked,
  folder: string,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<ReadonlyMap<SettledFrame | string, ExportedImage>> {
  await mkdir(folder, { recursive: true });
  const indexPath = join(folder, "index.json");
  const before: Index = existsSync(indexPath) ? JSON.parse(await readFile(indexPath, "utf8")) : {};
  const index: Index = {};
  const made = new Map<SettledFrame | string, ExportedImage>();
  const exportOne = async (
    key: SettledFrame | string,
    name: string,
    source: string,
    read: () => Promise<Exposure>,
  ) => {
    const path = join(folder, `${name}.fits`);
    const preview = join(folder, `${name}.png`);
    const isDone = before[name] === source && existsSync(path) && existsSync(preview);
    made.set(key, isDone ? { path, preview } : await writeBoth(folder, name, await read()));
    index[name] = source;
  };
  const names = nameFrames(frames);
  for (const [settled, name] of names) {
    const { frame } = settled;
    const tie = tiesOf([settled])[frameKey(frame.info.visitId, frame.info.detectorId)]!;
    await exportOne(settled, `${name}-calibrated`, `${frame.image.id} ${JSON.stringify(tie)}`, async () =>
      applyTie((await butler.get(frame.image)) as Exposure, tie),
    );
    onProgress(made.size, frames.length);
  }
  if (map !== undefined && run !== undefined) {
    const refs = await butler.queryDatasets("deep_coadd", { collections: run });
    const groups = Map.groupBy(refs, ({ dataId }) => `${dataId.tract}/${dataId.band}`);
    for (const patches of groups.values()) {
      const { tract, band } = patches[0]!.dataId;
      const { field } = map.fields.find((one) => one.tract === tract)!;
      const name = `stack-field${field}-${String(band).replaceAll(/[^A-Za-z0-9]+/g, "_")}`;
      const { innerWidth, innerHeight } = map.config.patches as { innerWidth: number; innerHeight: number };
      const whole = patches.length * innerWidth * innerHeight <= LARGEST_MOSAIC;
      const parts = whole ? [patches] : patches.map((patch) => [patch]);
      for (const part of parts) {
        const partName = whole ? name : `${name}-patch${part[0]!.dataId.patch}`;
        const source = part.map(({ id }) => id).join(" ");
        await exportOne(partName, partName, source, () => readStack(butler, part));
      }
    }
  }
  await writeFile(indexPath, `${JSON.stringify(index, undefined, 2)}\n`);
  return made;
}
