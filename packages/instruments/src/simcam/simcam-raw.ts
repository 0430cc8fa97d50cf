import { type HduSpec, openFits, writeFits } from "@almagest/fits";
import type { Detector, RawExposure } from "@almagest/images";
import { parseWcs } from "@almagest/sphere";
import { headerCards } from "../file-headers.ts";
import { type HeaderCards, headerRecord } from "../header.ts";
import { translateLsstHeader } from "../lsst/lsst-header.ts";
import { readSegments } from "../lsst/read-segments.ts";
import type { ObservationInfo } from "../observation-info.ts";
import { createVisitInfo } from "../visit-info.ts";
import { createSimCamCamera, SIMCAM_NAME, simCamDetectorName } from "./simcam-camera.ts";
import {
  createSimCamPrimary,
  createSimCamSegment,
  findDetector,
  readSimCamOptions,
  type SimCamExposure,
} from "./simcam-header.ts";
import type { SimCamOptions } from "./simcam-options.ts";

/** Passbands of the synthetic camera's filters, named `g_sim` and so on. */
export const SIMCAM_BANDS: readonly string[] = ["u", "g", "r", "i", "z", "y"];

/** Translates the primary header of a raw file of the synthetic camera. */
export function translateSimCamHeader(header: HeaderCards): ObservationInfo {
  const options = readSimCamOptions(header);
  const detectors = Array.from({ length: options.columns * options.rows }, (_, id) =>
    simCamDetectorName(options, id),
  );
  return translateLsstHeader(header, {
    name: SIMCAM_NAME,
    bandOf: (filter) => (filter === "none" ? "white" : filter.replace(/_sim$/, "")),
    detectorIdOf: (name) => {
      const id = detectors.indexOf(name);
      return id < 0 ? undefined : id;
    },
  });
}

/** The HDUs of one raw file: `segments` are the stored pixels of each amplifier, in the detector's order. */
export function createSimCamHdus(
  options: SimCamOptions,
  detector: Detector,
  exposure: SimCamExposure,
  segments: readonly Uint16Array<ArrayBuffer>[],
): HduSpec[] {
  return [
    { kind: "image", header: createSimCamPrimary(exposure, detector, options) },
    ...detector.amplifiers.map(
      (amplifier, index): HduSpec => ({
        kind: "image",
        header: createSimCamSegment(amplifier, detector, index + 1),
        data: segments[index]!,
        shape: [amplifier.rawBox.width, amplifier.rawBox.height],
      }),
    ),
  ];
}

/** Writes one raw file; readers see the whole file or none. */
export async function writeSimCamRaw(
  path: string,
  options: SimCamOptions,
  detector: Detector,
  exposure: SimCamExposure,
  segments: readonly Uint16Array<ArrayBuffer>[],
): Promise<void> {
  await writeFits(path, createSimCamHdus(options, detector, exposure, segments));
}

/** Reads one raw file; its header tells the whole camera. */
export async function readSimCamRaw(path: string): Promise<RawExposure> {
  await using fits = await openFits(path);
  const header = headerCards(fits.hdus[0]!.header);
  const info = translateSimCamHeader(header);
  const camera = createSimCamCamera(readSimCamOptions(header));
  const detector = findDetector(camera, info.detectorId);
  return {
    detector,
    amplifiers: await readSegments(fits, path, detector.amplifiers),
    visitInfo: createVisitInfo(info),
    filter: { band: info.band, physical: info.physicalFilter },
    ...(header.has("CTYPE1") ? { wcs: parseWcs((keyword) => header.get(keyword)) } : {}),
    metadata: headerRecord(header),
  };
}
