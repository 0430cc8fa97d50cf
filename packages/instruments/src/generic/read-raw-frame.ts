import { AlmagestError } from "@almagest/base";
import { openFits } from "@almagest/fits";
import type { Detector, RawExposure, VisitInfo } from "@almagest/images";
import { cutAmplifier, readCutAmplifiers } from "../amplifier-sections.ts";
import { headerRecord } from "../header.ts";
import { optional } from "../optional.ts";
import type { FrameInfo } from "./frame-info.ts";

/** Physical pixel size where a header does not tell: only the ratio to the plate scale counts. */
const PIXEL_SIZE_MM = 0.01;

/** The kinds that are raw. */
export const RAW_KINDS: ReadonlySet<string> = new Set(["bias", "dark", "flat", "science"]);

/** The detector that a frame's header describes. */
export function detectorOfFrame(frame: FrameInfo, id: number): Detector {
  return {
    id,
    name: frame.detectorName,
    serial: "",
    bbox: { x0: 0, y0: 0, width: frame.width, height: frame.height },
    amplifiers: frame.amplifiers.map((sections) => cutAmplifier(sections).amplifier),
    crosstalk: frame.crosstalk,
    centerXMm: 0,
    centerYMm: 0,
    rotationDeg: 0,
    pixelSizeMm: PIXEL_SIZE_MM,
  };
}

/** The facts of a frame's exposure; ids as given, NaN where the header is silent. */
export function visitInfoOfFrame(frame: FrameInfo, exposureId: number): VisitInfo {
  const begin = frame.beginTaiNs ?? 0n;
  return {
    instrument: frame.instrument,
    exposureId,
    visitId: exposureId,
    midpointTaiNs: begin + BigInt(Math.round(frame.exposureSec * 5e8)),
    exposureSec: frame.exposureSec,
    darkSec: frame.darkSec,
    boresightRaDeg: frame.raDeg ?? Number.NaN,
    boresightDecDeg: frame.decDeg ?? Number.NaN,
    rotatorDeg: Number.NaN,
    airmass: frame.airmass ?? Number.NaN,
    observationType: frame.kind === "reduced" ? "science" : frame.kind,
    object: frame.object,
  };
}

/** Reads a raw frame of any telescope. Throws `INSTRUMENTS.FRAME_UNREADABLE` for frames of other kinds. */
export async function readRawFrame(
  frame: FrameInfo,
  ids: { readonly detectorId?: number; readonly exposureId?: number } = {},
): Promise<RawExposure> {
  if (!RAW_KINDS.has(frame.kind)) {
    throw new AlmagestError(
      "INSTRUMENTS.FRAME_UNREADABLE",
      `${frame.path} is no raw frame but ${frame.kind}${frame.notes.length > 0 ? ` (${frame.notes.join("; ")})` : ""}.`,
      { fields: { path: frame.path, kind: frame.kind } },
    );
  }
  await using fits = await openFits(frame.path);
  return {
    detector: detectorOfFrame(frame, ids.detectorId ?? 0),
    amplifiers: await readCutAmplifiers(fits, frame.amplifiers.map(cutAmplifier)),
    visitInfo: visitInfoOfFrame(frame, ids.exposureId ?? 0),
    filter: frame.filter,
    ...optional("wcs", frame.kind === "science" ? frame.wcs : undefined),
    metadata: headerRecord(frame.header),
  };
}
