import { createTanWcs, type SkyWcs, wrapDifferenceDegrees } from "@almagest/sphere";
import { nanojanskyPerUnit } from "@almagest/tasks";
import { groupPlaces, placeOf } from "./group-frames.ts";
import { judgeFrames } from "./judge-frames.ts";
import type { MeasuredFrame } from "./measured-frame.ts";
import type { PositionSource, ScaleSource, SettledFrame } from "./settled-frame.ts";
import { tieFluxes } from "./tie-fluxes.ts";
import { anchorStars, tiePositions } from "./tie-positions.ts";

/** AB magnitude taken for one electron per second where nothing tells: an arbitrary zero, the same for all frames. */
export const NOMINAL_ZERO_POINT = 25;

/** A frame on its way to being settled. */
type Draft = { -readonly [K in keyof SettledFrame]: SettledFrame[K] };

const solvedByReference = ({ figures }: MeasuredFrame): boolean => figures.has("astrometryScatterArcsec");

function positionsOf(frame: MeasuredFrame): PositionSource {
  if (frame.wcs === undefined) return "none";
  if (solvedByReference(frame)) return "reference";
  return frame.frame.wcsIsGuess ? "telescope" : "header";
}

function scaleOf(frame: MeasuredFrame): { nanojanskyPerUnit: number; scale: ScaleSource } {
  if (frame.unit === "nJy") return { nanojanskyPerUnit: 1, scale: "reference" };
  if (frame.photoCalib !== undefined)
    return { nanojanskyPerUnit: frame.photoCalib.nanojanskyPerUnit, scale: "header" };
  const perSec = nanojanskyPerUnit(NOMINAL_ZERO_POINT);
  return { nanojanskyPerUnit: perSec / (frame.info.exposureSec || 1), scale: "nominal" };
}

const good = (draft: Draft): boolean => draft.verdict.rejected === undefined;
/** The better anchor first: solved, then with more stars, then earlier. */
const POSITION_RANK: readonly PositionSource[] = ["reference", "header", "telescope", "pixels only", "none"];
const SCALE_RANK: readonly ScaleSource[] = ["reference", "header", "nominal"];
const byPosition = (a: Draft, b: Draft): number =>
  Number(good(b)) - Number(good(a)) ||
  POSITION_RANK.indexOf(a.positions) - POSITION_RANK.indexOf(b.positions) ||
  b.frame.sources.rows - a.frame.sources.rows;
const byScale = (a: Draft, b: Draft): number =>
  SCALE_RANK.indexOf(a.scale) - SCALE_RANK.indexOf(b.scale) || b.frame.sources.rows - a.frame.sources.rows;

/**
 * Settles where all frames lie and how bright their sources are. Frames solved by the reference catalogue stay as they are;
 * others are tied to the best frame of their field by its own stars, frames without any position by matching patterns of stars.
 */
export function settleFrames(frames: readonly MeasuredFrame[]): SettledFrame[] {
  const verdicts = judgeFrames(frames);
  const drafts = frames.map((frame, k): Draft => {
    const verdict = verdicts[k]!;
    return {
      frame,
      verdict,
      field: -1,
      ...(frame.wcs === undefined ? {} : { wcs: frame.wcs }),
      positions: positionsOf(frame),
      ...scaleOf(frame),
      use: verdict.rejected === undefined,
      ...(verdict.rejected === undefined ? {} : { reason: verdict.rejected }),
    };
  });
  const placed = drafts.filter(({ wcs }) => wcs !== undefined);
  const fields = groupPlaces(placed.map(({ wcs, frame }) => placeOf(wcs!, frame.bbox)));
  placed.forEach((draft, k) => {
    draft.field = fields[k]!;
  });
  for (const field of new Set(fields)) tieField(placed.filter((draft) => draft.field === field));
  placeBlindFrames(drafts, Math.max(-1, ...fields) + 1);
  for (const field of new Set(drafts.map((draft) => draft.field))) {
    tieScales(drafts.filter((draft) => draft.field === field));
  }
  return drafts;
}

function reject(draft: Draft, reason: string): void {
  draft.use = false;
  draft.reason ??= reason;
}

/** Ties the frames of a field that no reference solved to the best one. */
function tieField(drafts: readonly Draft[]): void {
  const [anchor, ...others] = drafts.toSorted(byPosition) as [Draft, ...Draft[]];
  const stars = anchorStars(anchor.frame, anchor.wcs!);
  for (const draft of others) {
    if (draft.positions === "reference" || !good(draft)) continue;
    const wcs = tiePositions(draft.frame, stars);
    if (wcs === undefined) {
      // A position from a header that was solved elsewhere is trusted; a telescope's coordinates are not.
      if (draft.positions === "telescope")
        reject(draft, "its stars could not be matched to those of the other frames");
    } else if (wcs !== draft.wcs) {
      draft.wcs = wcs;
      draft.positions = "other frames";
    }
  }
}

/** A grid of pixels somewhere on the sky where no frame is, for frames of which nobody knows where they are. */
function madeUpWcs(frame: MeasuredFrame, raDeg: number): SkyWcs {
  const degrees = (frame.frame.pixelScaleArcsec ?? 1) / 3600;
  return createTanWcs({
    crvalRaDeg: raDeg,
    crvalDecDeg: 0,
    crpixX: (frame.bbox.width - 1) / 2,
    crpixY: (frame.bbox.height - 1) / 2,
    cd: [-degrees, 0, 0, degrees],
  });
}

/** A right ascension far from all frames that have a place. */
function freeRaDeg(drafts: readonly Draft[]): number {
  const taken = drafts.flatMap(({ wcs }) => (wcs === undefined ? [] : [wcs.pixelToSky(0, 0).raDeg]));
  for (let raDeg = 5; raDeg < 360; raDeg += 0.5) {
    if (taken.every((other) => Math.abs(wrapDifferenceDegrees(raDeg - other)) > 5)) return raDeg;
  }
  return 180;
}

/** Finds frames without a position among the fields by their stars; what is left forms fields of its own. */
function placeBlindFrames(drafts: readonly Draft[], firstField: number): void {
  const anchors: Draft[] = [];
  for (const field of new Set(drafts.filter(({ wcs }) => wcs).map((draft) => draft.field))) {
    anchors.push(drafts.filter((draft) => draft.field === field).toSorted(byPosition)[0]!);
  }
  let next = firstField;
  for (const draft of drafts.filter(({ wcs }) => wcs === undefined).toSorted(byPosition)) {
    const found = good(draft) ? findAmong(draft, anchors) : undefined;
    if (found !== undefined) {
      draft.wcs = found.wcs;
      draft.field = found.anchor.field;
      draft.positions = found.anchor.positions === "pixels only" ? "pixels only" : "other frames";
      continue;
    }
    draft.field = next++;
    draft.wcs = madeUpWcs(draft.frame, freeRaDeg(drafts));
    draft.positions = "pixels only";
    if (good(draft)) anchors.push(draft);
  }
}

function findAmong(draft: Draft, anchors: readonly Draft[]): { anchor: Draft; wcs: SkyWcs } | undefined {
  for (const anchor of anchors) {
    const wcs = tiePositions(draft.frame, anchorStars(anchor.frame, anchor.wcs!));
    if (wcs !== undefined) return { anchor, wcs };
  }
  return undefined;
}

/** Brings the flux scales of a field's frames together, filter by filter, where no reference has set them. */
function tieScales(drafts: readonly Draft[]): void {
  for (const band of new Set(drafts.map(({ frame }) => frame.info.band))) {
    const same = drafts.filter((draft) => draft.frame.info.band === band && good(draft)).toSorted(byScale);
    const [anchor, ...others] = same;
    if (anchor === undefined) continue;
    for (const draft of others) {
      if (draft.scale === "reference") continue;
      const scale = tieFluxes(
        { frame: draft.frame, wcs: draft.wcs! },
        { frame: anchor.frame, wcs: anchor.wcs! },
        anchor.nanojanskyPerUnit,
      );
      if (scale === undefined) continue;
      draft.nanojanskyPerUnit = scale;
      draft.scale = "other frames";
    }
  }
}
