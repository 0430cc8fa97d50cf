import type { Butler, IngestFile } from "@almagest/butler";
import {
  createGenericInstruments,
  exposureRecords,
  type FrameInfo,
  findInstrumentKind,
  type Observation,
  type PlacedFrame,
  readFileHeaders,
  visitRecords,
} from "@almagest/instruments";
import { ingestRaws, instrumentCollections, registerInstrument } from "../survey/ingest-raws.ts";
import type { ReducedSource } from "./adopt-image-task.ts";
import { keepIds } from "./keep-ids.ts";
import type { InstrumentFrames, ProcessFrame } from "./process-frame.ts";

/** RUN that says where an instrument's reduced images lie. */
export const reducedRun = (instrument: string): string => `${instrument}/reduced`;

const RAW_KINDS: ReadonlySet<string> = new Set(["bias", "dark", "flat", "science"]);

/** Raw frames of instruments that Almagest knows, by instrument. */
async function findKnownRaws(frames: readonly FrameInfo[]): Promise<Map<string, FrameInfo[]>> {
  const known = new Map<string, FrameInfo[]>();
  for (const frame of frames) {
    if (!RAW_KINDS.has(frame.kind)) continue;
    const kind = findInstrumentKind(await readFileHeaders(frame.path));
    if (kind !== undefined) known.set(kind.name, [...(known.get(kind.name) ?? []), frame]);
  }
  return known;
}

/**
 * Puts all usable frames into the repository: raw frames as `raw` (known instruments with their own camera, all others with one
 * made from the headers), and where reduced images lie as `reduced_source`. What is there already is kept.
 */
export async function ingestFrames(
  butler: Butler,
  frames: readonly FrameInfo[],
  onProgress: (done: number, total: number) => void = () => {},
): Promise<InstrumentFrames[]> {
  const result: InstrumentFrames[] = [];
  const known = await findKnownRaws(frames);
  const taken = new Set<FrameInfo>();
  for (const [instrument, raws] of known) {
    for (const frame of raws) taken.add(frame);
    const paths = [...new Set(raws.map(({ path }) => path))];
    const { observations, pathOf } = await ingestKnown(butler, paths, onProgress);
    result.push({
      instrument,
      frames: observations.map((info, k): ProcessFrame => {
        const path = pathOf[k]!;
        const frame = raws.find((raw) => raw.path === path)!;
        return { path, frame: { ...frame, kind: kindOf(info.observationType, frame) }, info };
      }),
    });
  }
  const others = frames
    .filter((frame) => !taken.has(frame))
    // A known instrument's reduced images have detectors of their own numbering.
    .map((frame) =>
      known.has(frame.instrument) ? { ...frame, instrument: `${frame.instrument}-reduced` } : frame,
    );
  for (const made of createGenericInstruments(others)) {
    const { instrument, frames: placed } = await keepIds(butler, made);
    await registerInstrument(butler, instrument);
    await ingestPlaced(butler, instrument.name, placed);
    result.push({
      instrument: instrument.name,
      frames: placed.map(({ frame, info }) => ({ path: frame.path, frame, info })),
    });
    onProgress(frames.length, frames.length);
  }
  return result.sort((a, b) => (a.instrument < b.instrument ? -1 : 1));
}

const kindOf = (type: string, frame: FrameInfo): FrameInfo["kind"] =>
  RAW_KINDS.has(type) ? (type as FrameInfo["kind"]) : frame.kind;

/** Ingests raw files of a known instrument; observations come in the order of files, several for files of many detectors. */
async function ingestKnown(
  butler: Butler,
  paths: readonly string[],
  onProgress: (done: number, total: number) => void,
) {
  const { instrument, observations } = await ingestRaws(butler, paths, "link", onProgress);
  const pathOf: string[] = [];
  for (const path of paths) {
    const { length } = instrument.observationInfos(await readFileHeaders(path));
    for (let k = 0; k < length; k++) pathOf.push(path);
  }
  return { observations, pathOf };
}

async function ingestPlaced(
  butler: Butler,
  instrument: string,
  placed: readonly PlacedFrame[],
): Promise<void> {
  const observations = placed.map(({ frame, info }): Observation => {
    if (frame.wcs === undefined) return { info };
    return { info, wcs: frame.wcs, bbox: { x0: 0, y0: 0, width: frame.width, height: frame.height } };
  });
  for (const { element, records } of [...exposureRecords(observations), ...visitRecords(observations)]) {
    await butler.insertRecords(element, records, { skipExisting: true });
  }
  const dimensions = ["instrument", "exposure", "detector"];
  await butler.registerDatasetType({
    name: "raw",
    dimensions,
    storageClass: "Exposure",
    isCalibration: false,
  });
  await butler.registerDatasetType({
    name: "reduced_source",
    dimensions,
    storageClass: "StructuredDataDict",
    isCalibration: false,
  });
  const { raws } = instrumentCollections(instrument);
  await butler.registerRun(raws);
  await butler.registerRun(reducedRun(instrument));
  const dataIdOf = ({ info }: PlacedFrame) => ({
    instrument,
    exposure: info.exposureId,
    detector: info.detectorId,
  });
  const files = placed
    .filter(({ frame }) => frame.kind !== "reduced")
    .map((one): IngestFile => ({ path: one.frame.path, datasetType: "raw", dataId: dataIdOf(one) }));
  await butler.ingest(files, { mode: "link", run: raws, skipExisting: true, idMode: "deterministic" });
  for (const one of placed) {
    if (one.frame.kind !== "reduced") continue;
    const dataId = dataIdOf(one);
    const run = reducedRun(instrument);
    if ((await butler.findDataset("reduced_source", dataId, { collections: run })) !== undefined) continue;
    const companions = Object.values(one.frame.companions).map((plane) => plane.path);
    const source: ReducedSource = {
      path: one.frame.path,
      hdu: one.frame.hdu,
      companions: [...new Set(companions)].filter((path) => path !== one.frame.path),
    };
    await butler.put(source, "reduced_source", dataId, { run });
  }
}
