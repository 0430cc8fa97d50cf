import { AlmagestError } from "@almagest/base";
import type { Formatter, ReadOptions } from "@almagest/butler";
import type { RawExposure } from "@almagest/images";
import { readFileHeaders } from "./file-headers.ts";
import type { FrameInfo } from "./generic/frame-info.ts";
import { inspectFrames } from "./generic/inspect-frames.ts";
import { RAW_KINDS, readRawFrame } from "./generic/read-raw-frame.ts";
import { findInstrumentKind } from "./instruments.ts";

/** Reads a raw file by what its header says: a known instrument's, else any telescope's. */
async function readAnyRaw(
  path: string,
  detectorId: number | undefined,
  detectorName: string | undefined,
): Promise<RawExposure> {
  const file = await readFileHeaders(path);
  const kind = findInstrumentKind(file);
  if (kind !== undefined) {
    return kind.create([file]).readRaw(path, detectorId === undefined ? {} : { detectorId });
  }
  const frames = await inspectFrames([path]);
  const raws = frames.filter((candidate) => RAW_KINDS.has(candidate.kind));
  const frame = raws.find((candidate) => isOfDetector(candidate, detectorName)) ?? raws[0] ?? frames[0]!;
  return readRawFrame(frame, detectorId === undefined ? {} : { detectorId });
}

/** Detectors of one name and several sizes are named with their size behind. */
function isOfDetector(frame: FrameInfo, detectorName: string | undefined): boolean {
  return detectorName === frame.detectorName || detectorName?.startsWith(`${frame.detectorName}-`) === true;
}

function componentOf(raw: RawExposure, component: string): unknown {
  switch (component) {
    case "visitInfo":
      return raw.visitInfo;
    case "detector":
      return raw.detector;
    case "filter":
      return raw.filter;
    case "wcs":
      return raw.wcs;
    case "metadata":
      return raw.metadata;
    case "bbox":
      return raw.detector.bbox;
    default:
      throw new AlmagestError("INSTRUMENTS.RAW_INVALID", `A raw exposure has no component ${component}.`, {
        fields: { component },
      });
  }
}

/**
 * The formatter of raw files in a repository: reads any known instrument's and any telescope's frames. Exposure, visit and
 * detector ids are those of the data id, as the headers of unknown instruments do not tell them. It does not write.
 */
export const RAW_FORMATTER: Formatter<RawExposure> = {
  name: "lsst.obs.base.FitsRawFormatterBase",
  extension: ".fits",
  write: async (_value, path) => {
    throw new AlmagestError("INSTRUMENTS.RAW_INVALID", `Raw files are ingested, not written: ${path}.`, {
      fields: { path },
    });
  },
  read: async (path: string, { component, dataId, records }: ReadOptions) => {
    const detectorId = typeof dataId.detector === "number" ? dataId.detector : undefined;
    const detectorName = records?.detector?.full_name;
    const raw = await readAnyRaw(
      path,
      detectorId,
      typeof detectorName === "string" ? detectorName : undefined,
    );
    const instrument = typeof dataId.instrument === "string" ? dataId.instrument : raw.visitInfo.instrument;
    const exposureId = typeof dataId.exposure === "number" ? dataId.exposure : raw.visitInfo.exposureId;
    const named = { ...raw, visitInfo: { ...raw.visitInfo, instrument, exposureId, visitId: exposureId } };
    return component === undefined ? named : componentOf(named, component);
  },
};
