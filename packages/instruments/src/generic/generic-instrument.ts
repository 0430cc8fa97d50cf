import { basename } from "node:path";
import { AlmagestError } from "@almagest/base";
import type { Camera, Exposure } from "@almagest/images";
import { observingDay } from "../header-time.ts";
import type { Instrument, PhysicalFilter } from "../instrument.ts";
import type { ObservationInfo } from "../observation-info.ts";
import { optional } from "../optional.ts";
import type { FrameInfo } from "./frame-info.ts";
import { inspectFrames } from "./inspect-frames.ts";
import { detectorOfFrame, RAW_KINDS, readRawFrame } from "./read-raw-frame.ts";
import { readReducedFrame } from "./read-reduced-frame.ts";

/** Class name stored in repositories. */
export const GENERIC_PYTHON_CLASS = "almagest.instruments.GenericCamera";

/** A frame that has its place in the instrument: with the ids under which a repository knows it. */
export interface PlacedFrame {
  readonly frame: FrameInfo;
  readonly info: ObservationInfo;
}

/** An instrument made from the headers of some frames. */
export interface GenericInstrument extends Instrument {
  /** The frames with an image of the sky or its calibration, in order of time. */
  readonly frames: readonly PlacedFrame[];
  /** Reads a reduced image; companions are found among the frames the instrument was made from. */
  readReduced(path: string, options?: { readonly detectorId?: number }): Promise<Exposure>;
}

/**
 * Makes one instrument per telescope and camera found in some frames (masks, catalogues and unknown files are left out).
 * Detectors are told apart by name and, for raw frames, by size; frames of one time, or exposure number, are one exposure.
 */
export function createGenericInstruments(frames: readonly FrameInfo[]): GenericInstrument[] {
  const groups = new Map<string, FrameInfo[]>();
  for (const frame of frames) {
    if (frame.kind !== "reduced" && !RAW_KINDS.has(frame.kind)) continue;
    groups.set(frame.instrument, [...(groups.get(frame.instrument) ?? []), frame]);
  }
  return [...groups.values()].map(createGenericInstrument);
}

/** Makes the instrument of some frames, all of one camera. Throws `INSTRUMENTS.UNKNOWN` where there is none, or several. */
export function createGenericInstrument(frames: readonly FrameInfo[]): GenericInstrument {
  const usable = frames.filter((frame) => frame.kind === "reduced" || RAW_KINDS.has(frame.kind));
  const names = new Set(usable.map((frame) => frame.instrument));
  if (names.size !== 1) {
    throw new AlmagestError(
      "INSTRUMENTS.UNKNOWN",
      names.size === 0
        ? "None of the files is an image of the sky or its calibration."
        : `The files are of several instruments: ${[...names].join(", ")}; process them apart.`,
      { fields: { instruments: [...names] } },
    );
  }
  const [name] = names as unknown as [string];
  const ordered = usable.toSorted(
    (a, b) =>
      Number((a.beginTaiNs ?? 0n) - (b.beginTaiNs ?? 0n)) ||
      (a.path < b.path ? -1 : a.path > b.path ? 1 : a.hdu - b.hdu),
  );
  const detectors = nameDetectors(ordered);
  const camera: Camera = {
    name,
    detectors: [...detectors.values()].map(({ id, name: fullName, frame }) => ({
      ...detectorOfFrame(frame, id),
      name: fullName,
    })),
    plateScaleArcsecPerMm:
      (ordered.find((frame) => frame.pixelScaleArcsec !== undefined)?.pixelScaleArcsec ?? 1) / 0.01,
    distortion: [],
  };
  const placed = placeFrames(ordered, detectors, camera);
  const find = (path: string, detectorId: number | undefined): PlacedFrame | undefined =>
    placed.find(
      ({ frame, info }) =>
        sameFile(frame.path, path) && (detectorId === undefined || info.detectorId === detectorId),
    );
  return {
    name,
    pythonClass: GENERIC_PYTHON_CLASS,
    camera,
    filters: collectFilters(ordered),
    visitSystems: [{ id: 0, name: "one-to-one" }],
    maxima: {
      visit: 2_100_123_199_999,
      exposure: 2_100_123_199_999,
      detector: Math.max(100, camera.detectors.length),
    },
    frames: placed,
    observationInfos: (file) =>
      placed.flatMap(({ frame, info }) => (sameFile(frame.path, file.path) ? [info] : [])),
    readRaw: async (path, options) => {
      const known = find(path, options?.detectorId);
      return readRawFrame(known?.frame ?? (await inspectOne(path)), {
        ...optional("detectorId", known?.info.detectorId ?? options?.detectorId),
        ...optional("exposureId", known?.info.exposureId),
      });
    },
    readReduced: async (path, options) => {
      const known = find(path, options?.detectorId);
      return readReducedFrame(known?.frame ?? (await inspectOne(path)), {
        ...optional("detectorId", known?.info.detectorId ?? options?.detectorId),
        ...optional("exposureId", known?.info.exposureId),
      });
    },
  };
}

const sameFile = (a: string, b: string): boolean => a === b || basename(a) === basename(b);

/** The first image in a file that was not among those the instrument was made from. */
async function inspectOne(path: string): Promise<FrameInfo> {
  return (await inspectFrames([path]))[0]!;
}

interface NamedDetector {
  readonly id: number;
  readonly name: string;
  readonly frame: FrameInfo;
}

/** What tells detectors apart: the name, and for raw frames the size, as calibrations must fit. */
function detectorKey(frame: FrameInfo): string {
  return RAW_KINDS.has(frame.kind)
    ? `${frame.detectorName}/${frame.width}x${frame.height}`
    : `${frame.detectorName}/reduced`;
}

function nameDetectors(frames: readonly FrameInfo[]): Map<string, NamedDetector> {
  const firsts = new Map<string, FrameInfo>();
  for (const frame of frames) {
    const key = detectorKey(frame);
    const known = firsts.get(key);
    // Cut-outs of one detector differ in size: the largest stands for all.
    if (known === undefined || frame.width * frame.height > known.width * known.height)
      firsts.set(key, frame);
  }
  const count = (name: string): number =>
    [...firsts.values()].filter((frame) => frame.detectorName === name).length;
  const sorted = [...firsts].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(
    sorted.map(([key, frame], id) => [
      key,
      { id, name: count(frame.detectorName) === 1 ? frame.detectorName : key.replace("/", "-"), frame },
    ]),
  );
}

function collectFilters(frames: readonly FrameInfo[]): PhysicalFilter[] {
  const filters = new Map(frames.map(({ filter }) => [filter.physical, filter]));
  return [...filters.values()];
}

/** Gives every frame its exposure: frames of one time, kind and length on different detectors are one exposure. */
function placeFrames(
  frames: readonly FrameInfo[],
  detectors: ReadonlyMap<string, NamedDetector>,
  camera: Camera,
): PlacedFrame[] {
  const perDay = new Map<number, number>();
  const exposures = new Map<
    string,
    { dayObs: number; seqNum: number; detectors: Set<number>; first: FrameInfo }
  >();
  return frames.map((frame) => {
    const detector = detectors.get(detectorKey(frame))!;
    const base = `${frame.kind}/${frame.header.get("EXPNUM") ?? frame.beginTaiNs ?? frame.path}/${frame.filter.physical}/${frame.exposureSec}`;
    // A detector that comes twice cannot be of one exposure.
    let copy = 0;
    while (exposures.get(`${base}/${copy}`)?.detectors.has(detector.id)) copy++;
    const key = `${base}/${copy}`;
    let exposure = exposures.get(key);
    if (exposure === undefined) {
      const dayObs = frame.beginTaiNs === undefined ? 19_700_101 : observingDay(frame.beginTaiNs, 12);
      const seqNum = (perDay.get(dayObs) ?? 0) + 1;
      perDay.set(dayObs, seqNum);
      exposure = { dayObs, seqNum, detectors: new Set(), first: frame };
      exposures.set(key, exposure);
    }
    exposure.detectors.add(detector.id);
    const info = observationOf(frame, detector, exposure, camera.name);
    return { frame, info };
  });
}

function observationOf(
  frame: FrameInfo,
  detector: NamedDetector,
  { dayObs, seqNum, first }: { dayObs: number; seqNum: number; first: FrameInfo },
  instrument: string,
): ObservationInfo {
  const exposureId = dayObs * 100_000 + seqNum;
  const begin = frame.beginTaiNs ?? 0n;
  const observationType = frame.kind === "reduced" ? "science" : frame.kind;
  return {
    instrument,
    ...optional("telescope", frame.telescope),
    exposureId,
    visitId: exposureId,
    observationId: `${dayObs}_${String(seqNum).padStart(5, "0")}_${basename(first.path).replace(/\..*$/, "")}`,
    group: String(exposureId),
    dayObs,
    seqNum,
    beginTaiNs: begin,
    // Butler wants spans that are not empty.
    endTaiNs: begin + BigInt(Math.max(1, Math.round(frame.exposureSec * 1e9))),
    exposureSec: frame.exposureSec,
    darkSec: frame.darkSec,
    ...optional("trackingRaDeg", frame.raDeg),
    ...optional("trackingDecDeg", frame.decDeg),
    ...optional("airmass", frame.airmass),
    physicalFilter: frame.filter.physical,
    band: frame.filter.band,
    observationType,
    observationReason: observationType,
    object: frame.object,
    scienceProgram: "unknown",
    detectorId: detector.id,
    detectorName: detector.name,
    hasSimulatedContent: false,
    canSeeSky: observationType === "science",
  };
}
