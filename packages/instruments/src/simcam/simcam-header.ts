import { AlmagestError } from "@almagest/base";
import type { Amplifier, Camera, Detector } from "@almagest/images";
import { type SkyWcs, taiNsToIso, taiNsToMjd } from "@almagest/sphere";
import { type HeaderCards, type HeaderValue, numberCard } from "../header.ts";
import { formatSection } from "../section.ts";
import { SIMCAM_NAME } from "./simcam-camera.ts";
import { SIMCAM_KEYWORDS, type SimCamOptions, simCamOptionsSchema } from "./simcam-options.ts";

/** A card to write. */
export type RawCard = readonly [keyword: string, value: HeaderValue, comment?: string];

/** What the header of one exposure says beside the camera. */
export interface SimCamExposure {
  readonly dayObs: number;
  readonly seqNum: number;
  readonly type: "OBJECT" | "BIAS" | "DARK" | "FLAT";
  readonly group: string;
  readonly beginTaiNs: bigint;
  readonly exposureSec: number;
  readonly darkSec: number;
  readonly band: string;
  readonly physicalFilter: string;
  readonly object: string;
  readonly reason: string;
  /** Where the telescope thinks it points; absent for calibration frames. */
  readonly pointing?: {
    readonly raDeg: number;
    readonly decDeg: number;
    readonly rotatorDeg: number;
    readonly airmass: number;
    readonly azimuthDeg: number;
    readonly elevationDeg: number;
  };
  /** The pointing model's mapping of this detector. */
  readonly wcs?: SkyWcs;
}

/** Name of an exposure: `SC_O_20260115_000012`. */
export function simCamObservationId(dayObs: number, seqNum: number): string {
  return `SC_O_${dayObs}_${String(seqNum).padStart(6, "0")}`;
}

/** The options of the camera as header cards. */
function optionCards(options: SimCamOptions): RawCard[] {
  return Object.entries(SIMCAM_KEYWORDS).map(([name, keyword]) => [
    keyword,
    options[name as keyof SimCamOptions],
    `synthetic camera: ${name}`,
  ]);
}

/** Reads the camera's options back from a raw file's primary header. Throws `INSTRUMENTS.HEADER_INVALID`. */
export function readSimCamOptions(header: HeaderCards): SimCamOptions {
  const values = Object.entries(SIMCAM_KEYWORDS).map(([name, keyword]) => [
    name,
    numberCard(header, keyword),
  ]);
  const parsed = simCamOptionsSchema.safeParse(Object.fromEntries(values));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const keyword = SIMCAM_KEYWORDS[issue.path[0] as keyof SimCamOptions];
  throw new AlmagestError(
    "INSTRUMENTS.HEADER_INVALID",
    `The header's ${keyword} does not describe a synthetic camera: ${issue.message}.`,
    { fields: { keyword } },
  );
}

/** The primary header of a raw file, in the words of LSSTComCam's. */
export function createSimCamPrimary(
  exposure: SimCamExposure,
  detector: Detector,
  options: SimCamOptions,
): RawCard[] {
  const { dayObs, seqNum, beginTaiNs, exposureSec, pointing } = exposure;
  const endTaiNs = beginTaiNs + BigInt(Math.round(exposureSec * 1e9));
  const [raft, slot] = detector.name.split("_") as [string, string];
  const sky: RawCard[] =
    pointing === undefined
      ? []
      : [
          ["RA", pointing.raDeg, "[deg] commanded boresight"],
          ["DEC", pointing.decDeg, "[deg] commanded boresight"],
          ["ROTPA", pointing.rotatorDeg, "[deg] position angle of +y, east of north"],
          ["ROTCOORD", "sky"],
          ["AMSTART", pointing.airmass],
          ["AMEND", pointing.airmass],
          ["AZSTART", pointing.azimuthDeg, "[deg]"],
          ["ELSTART", pointing.elevationDeg, "[deg]"],
          ["TRACKSYS", "RADEC"],
          ["RADESYS", "ICRS"],
        ];
  return [
    ["ORIGIN", "Almagest simulator"],
    ["TIMESYS", "TAI"],
    ["OBSID", simCamObservationId(dayObs, seqNum)],
    ["INSTRUME", SIMCAM_NAME],
    ["TELESCOP", "Simulated Survey Telescope"],
    ["IMGTYPE", exposure.type],
    ["DATE-BEG", taiNsToIso(beginTaiNs, "tai", 3)],
    ["MJD-BEG", taiNsToMjd(beginTaiNs, "tai")],
    ["DATE-END", taiNsToIso(endTaiNs, "tai", 3)],
    ["MJD-END", taiNsToMjd(endTaiNs, "tai")],
    ["DATE-OBS", taiNsToIso(beginTaiNs, "tai", 3)],
    ["MJD-OBS", taiNsToMjd(beginTaiNs, "tai")],
    ["GROUPID", exposure.group],
    ["DAYOBS", String(dayObs)],
    ["SEQNUM", seqNum],
    ["CAMCODE", "SC"],
    ["CONTRLLR", "O"],
    ["OBJECT", exposure.object],
    ["REASON", exposure.reason],
    ["PROGRAM", "SIMULATED-SURVEY"],
    ["RAFTBAY", raft],
    ["CCDSLOT", slot],
    ["LSST_NUM", detector.serial],
    ["FILTBAND", exposure.band],
    ["FILTER", exposure.physicalFilter],
    ["EXPTIME", exposureSec, "[s]"],
    ["DARKTIME", exposure.darkSec, "[s]"],
    ["SHUTTIME", exposureSec, "[s]"],
    ["SIMULATE", true, "synthetic data"],
    ...sky,
    ...optionCards(options),
    ...(exposure.wcs === undefined ? [] : exposure.wcs.toFitsCards()),
  ];
}

/** The cards of one amplifier's extension. */
export function createSimCamSegment(amplifier: Amplifier, detector: Detector, channel: number): RawCard[] {
  return [
    ["EXTNAME", `Segment${amplifier.name.slice(1)}`],
    ["CHANNEL", channel],
    ["CCDSUM", "1 1"],
    ["DATASEC", formatSection(amplifier.rawDataBox)],
    ["BIASSEC", formatSection(amplifier.rawSerialOverscanBox)],
    ["DETSEC", formatSection(amplifier.bbox, amplifier.flipX, amplifier.flipY)],
    ["DETSIZE", formatSection({ ...detector.bbox, x0: 0, y0: 0 })],
    ["GAIN", amplifier.gain, "[electron/adu]"],
    ["RDNOISE", amplifier.readNoise, "[electron]"],
    ["SATURATE", amplifier.saturationAdu, "[adu] above overscan"],
  ];
}

/** The detector of a camera that a raw header names. Throws `INSTRUMENTS.DETECTOR_MISSING`. */
export function findDetector(camera: Camera, id: number): Detector {
  const detector = camera.detectors.find((candidate) => candidate.id === id);
  if (detector !== undefined) return detector;
  const ids = camera.detectors.map((candidate) => candidate.id);
  throw new AlmagestError(
    "INSTRUMENTS.DETECTOR_MISSING",
    `${camera.name} has no detector ${id}; it has ${ids.length > 12 ? `${ids.length} from ${ids[0]} to ${ids.at(-1)}` : ids.join(", ")}.`,
    { fields: { detector: id, camera: camera.name } },
  );
}
