import type { Butler, DatasetRef, IngestFile, IngestMode } from "@almagest/butler";
import {
  createDetectorWcs,
  detectInstrument,
  exposureRecords,
  type Instrument,
  instrumentRecords,
  type Observation,
  type ObservationInfo,
  readFileHeaders,
  visitRecords,
} from "@almagest/instruments";

/** Collections of one instrument, named as Rubin names them. */
export function instrumentCollections(instrument: string): {
  raws: string;
  calibrations: string;
  unbounded: string;
} {
  return {
    raws: `${instrument}/raw/all`,
    calibrations: `${instrument}/calib`,
    unbounded: `${instrument}/calib/unbounded`,
  };
}

/** What an ingest has done. */
export interface IngestedRaws {
  readonly instrument: Instrument;
  readonly refs: readonly DatasetRef[];
  readonly observations: readonly ObservationInfo[];
}

/** Registers an instrument with its camera, valid for all time. Calling it again changes nothing. */
export async function registerInstrument(butler: Butler, instrument: Instrument): Promise<void> {
  for (const { element, records } of instrumentRecords(instrument)) {
    await butler.insertRecords(element, records, { skipExisting: true });
  }
  const { calibrations, unbounded } = instrumentCollections(instrument.name);
  await butler.registerCollection(calibrations, "CALIBRATION");
  await butler.registerRun(unbounded);
  await butler.registerDatasetType({
    name: "camera",
    dimensions: ["instrument"],
    storageClass: "Camera",
    isCalibration: true,
  });
  const dataId = { instrument: instrument.name };
  const known = await butler.findDataset("camera", dataId, { collections: unbounded });
  if (known !== undefined) return;
  const ref = await butler.put(instrument.camera, "camera", dataId, { run: unbounded });
  await butler.certify(calibrations, [ref], {});
}

/** Registers filters that headers name and the instrument does not list, such as `unknown` for closed shutters. */
async function registerFilters(butler: Butler, infos: readonly ObservationInfo[]): Promise<void> {
  const filters = new Map(infos.map((info) => [info.physicalFilter, info]));
  await butler.insertRecords(
    "physical_filter",
    [...filters.values()].map(({ instrument, physicalFilter, band }) => ({
      instrument,
      name: physicalFilter,
      band,
    })),
    { skipExisting: true },
  );
}

function describe(instrument: Instrument, info: ObservationInfo): Observation {
  const detector = instrument.camera.detectors.find(({ id }) => id === info.detectorId);
  const { trackingRaDeg: raDeg, trackingDecDeg: decDeg } = info;
  if (detector === undefined || raDeg === undefined || decDeg === undefined) return { info };
  const pointing = { raDeg, decDeg, rotatorDeg: info.skyAngleDeg ?? 0 };
  return { info, wcs: createDetectorWcs(instrument.camera, detector, pointing), bbox: detector.bbox };
}

/**
 * Ingests raw files of one instrument: registers the instrument, the exposures and visits their headers tell of, and the
 * files as `raw` datasets with ids that depend only on their data ids. Files that are there already are skipped. Throws
 * `INSTRUMENTS.UNKNOWN`, and what reading headers throws.
 */
export async function ingestRaws(
  butler: Butler,
  paths: readonly string[],
  mode: IngestMode,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<IngestedRaws> {
  const instrument = await detectInstrument(paths);
  await registerInstrument(butler, instrument);
  const files: IngestFile[] = [];
  const observations: Observation[] = [];
  for (const path of paths) {
    for (const info of instrument.observationInfos(await readFileHeaders(path))) {
      observations.push(describe(instrument, info));
      files.push({
        path,
        datasetType: "raw",
        dataId: { instrument: instrument.name, exposure: info.exposureId, detector: info.detectorId },
      });
    }
    onProgress(files.length, paths.length);
  }
  await registerFilters(
    butler,
    observations.map(({ info }) => info),
  );
  const batches = [...exposureRecords(observations), ...visitRecords(observations)];
  for (const { element, records } of batches)
    await butler.insertRecords(element, records, { skipExisting: true });
  await butler.registerDatasetType({
    name: "raw",
    dimensions: ["instrument", "exposure", "detector"],
    storageClass: "Exposure",
    isCalibration: false,
  });
  const { raws } = instrumentCollections(instrument.name);
  await butler.registerRun(raws);
  const refs = await butler.ingest(files, { mode, run: raws, skipExisting: true, idMode: "deterministic" });
  return { instrument, refs, observations: observations.map(({ info }) => info) };
}
