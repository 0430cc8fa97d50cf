import type { Butler, DatasetRef } from "@almagest/butler";
import type { Box, Exposure, Mask, PhotoCalib, PixelUnit } from "@almagest/images";
import { maskBits } from "@almagest/images";
import type { SkyWcs } from "@almagest/sphere";
import type { Table } from "@almagest/tables";
import type { InstrumentFrames, ProcessFrame } from "./process-frame.ts";

/** A frame after measurement: what is known of it, and its sources. */
export interface MeasuredFrame extends ProcessFrame {
  readonly instrument: string;
  readonly image: DatasetRef;
  readonly bbox: Box;
  readonly unit: PixelUnit;
  readonly wcs?: SkyWcs;
  readonly photoCalib?: PhotoCalib;
  /** Figures that calibrateImage left, by name. */
  readonly figures: ReadonlyMap<string, number>;
  readonly saturatedShare: number;
  readonly sources: Table;
}

function figuresOf(metadata: Exposure["metadata"]): Map<string, number> {
  return new Map(
    Object.entries(metadata).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );
}

function shareOf(mask: Mask, plane: string): number {
  const bits = maskBits([plane]);
  let count = 0;
  for (const value of mask.data) if ((value & bits) !== 0) count++;
  return count / mask.data.length;
}

/** Reads back every frame of an instrument that was measured in a run, in order of time. */
export async function readMeasuredFrames(
  butler: Butler,
  { instrument, frames }: InstrumentFrames,
  run: string,
): Promise<MeasuredFrame[]> {
  if ((await butler.queryDatasetTypes("preliminary_visit_image")).length === 0) return [];
  const where = `instrument = '${instrument}'`;
  const refs = await butler.queryDatasets("preliminary_visit_image", { collections: run, where });
  const measured: MeasuredFrame[] = [];
  for (const ref of refs) {
    const { visit, detector } = ref.dataId;
    const known = frames.find(({ info }) => info.visitId === visit && info.detectorId === detector);
    if (known === undefined) continue;
    const part = async <T>(component: string): Promise<T> => (await butler.get(ref, { component })) as T;
    const metadata = await part<Exposure["metadata"]>("metadata");
    const wcs = await part<SkyWcs | undefined>("wcs");
    const photoCalib = await part<PhotoCalib | undefined>("photoCalib");
    const sources = (await butler.get("single_visit_star_detector", ref.dataId, {
      collections: run,
    })) as Table;
    measured.push({
      ...known,
      instrument,
      image: ref,
      bbox: await part<Box>("bbox"),
      unit: metadata.zeroPoint === undefined ? "electron" : "nJy",
      ...(wcs === undefined ? {} : { wcs }),
      ...(photoCalib === undefined ? {} : { photoCalib }),
      figures: figuresOf(metadata),
      saturatedShare: shareOf(await part<Mask>("mask"), "SAT"),
      sources,
    });
  }
  return measured.sort((a, b) => a.info.visitId - b.info.visitId || a.info.detectorId - b.info.detectorId);
}
