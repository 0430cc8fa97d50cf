import type { DimensionRecord } from "@almagest/butler";
import type { Box } from "@almagest/images";
import { convexHull, encodeRegion, isoToTaiNs, type SkyWcs, type UnitVector } from "@almagest/sphere";
import { detectorCorners } from "./detector-region.ts";
import type { Instrument } from "./instrument.ts";
import type { ObservationInfo } from "./observation-info.ts";

/** Records of one dimension element. */
export interface DimensionBatch {
  readonly element: string;
  readonly records: readonly DimensionRecord[];
}

/** One detector of one exposure, as far as the registry wants to know it. */
export interface Observation {
  readonly info: ObservationInfo;
  /** The pointing model's mapping and the detector's box: they give the region of visit and detector. */
  readonly wcs?: SkyWcs;
  readonly bbox?: Box;
}

/** Records that register an instrument: instrument, detectors, filters, visit systems; in order of insertion. */
export function instrumentRecords(instrument: Instrument): DimensionBatch[] {
  const { name, camera, filters, visitSystems, maxima } = instrument;
  return [
    {
      element: "instrument",
      records: [
        {
          name,
          visit_max: maxima.visit,
          visit_system: visitSystems[0]?.id ?? null,
          exposure_max: maxima.exposure,
          detector_max: maxima.detector,
          class_name: instrument.pythonClass,
        },
      ],
    },
    {
      element: "detector",
      records: camera.detectors.map((detector) => {
        const [raft, inRaft] = splitDetectorName(detector.name);
        return {
          instrument: name,
          id: detector.id,
          full_name: detector.name,
          name_in_raft: inRaft,
          raft,
          purpose: "SCIENCE",
        };
      }),
    },
    {
      element: "physical_filter",
      records: filters.map(({ physical, band }) => ({ instrument: name, name: physical, band })),
    },
    {
      element: "visit_system",
      records: visitSystems.map((system) => ({ instrument: name, id: system.id, name: system.name })),
    },
  ];
}

function splitDetectorName(name: string): [raft: string | null, inRaft: string] {
  const at = name.indexOf("_");
  return at < 0 ? [null, name] : [name.slice(0, at), name.slice(at + 1)];
}

/** A date's half-open span of TAI: the observing day from its 12 h UTC to the next. */
function dayTimespan(dayObs: number): { begin: bigint; end: bigint } {
  const text = String(dayObs);
  const begin = isoToTaiNs(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}T12:00:00`);
  return { begin, end: begin + 86_400_000_000_000n };
}

/** Records of some exposures: day_obs, group, exposure; in order of insertion. */
export function exposureRecords(observations: readonly Observation[]): DimensionBatch[] {
  const days = new Map<number, DimensionRecord>();
  const groups = new Map<string, DimensionRecord>();
  const exposures = new Map<number, DimensionRecord>();
  for (const { info } of observations) {
    const { instrument } = info;
    days.set(info.dayObs, { instrument, id: info.dayObs, timespan: dayTimespan(info.dayObs) });
    groups.set(info.group, { instrument, name: info.group });
    if (!exposures.has(info.exposureId)) exposures.set(info.exposureId, exposureRecord(info));
  }
  return [
    { element: "day_obs", records: [...days.values()] },
    { element: "group", records: [...groups.values()] },
    { element: "exposure", records: [...exposures.values()] },
  ];
}

function exposureRecord(info: ObservationInfo): DimensionRecord {
  return {
    instrument: info.instrument,
    id: info.exposureId,
    day_obs: info.dayObs,
    group: info.group,
    physical_filter: info.physicalFilter,
    obs_id: info.observationId,
    exposure_time: info.exposureSec,
    dark_time: info.darkSec,
    observation_type: info.observationType,
    observation_reason: info.observationReason,
    seq_num: info.seqNum,
    seq_start: info.seqNum,
    seq_end: info.seqNum,
    target_name: info.object,
    science_program: info.scienceProgram,
    tracking_ra: info.trackingRaDeg ?? null,
    tracking_dec: info.trackingDecDeg ?? null,
    sky_angle: info.skyAngleDeg ?? null,
    azimuth: info.azimuthDeg ?? null,
    zenith_angle: info.zenithAngleDeg ?? null,
    has_simulated: info.hasSimulatedContent,
    can_see_sky: info.canSeeSky,
    timespan: { begin: info.beginTaiNs, end: info.endTaiNs },
  };
}

/** Pixels by which regions are grown: more than the pointing model errs. */
const REGION_MARGIN_PIXELS = 50;

/**
 * Records that make every science exposure a visit of its own: visit (its region the hull of its detectors'),
 * visit_definition, visit_system_membership, visit_detector_region; in order of insertion. Give all detectors of an exposure.
 */
export function visitRecords(
  observations: readonly Observation[],
  options: { readonly marginPixels?: number; readonly visitSystem?: number } = {},
): DimensionBatch[] {
  const margin = options.marginPixels ?? REGION_MARGIN_PIXELS;
  const visits = new Map<number, { info: ObservationInfo; corners: UnitVector[] }>();
  const regions: DimensionRecord[] = [];
  for (const { info, wcs, bbox } of observations) {
    if (info.observationType !== "science") continue;
    const visit = visits.get(info.visitId) ?? { info, corners: [] };
    visits.set(info.visitId, visit);
    if (wcs === undefined || bbox === undefined) continue;
    const corners = detectorCorners(wcs, bbox, margin);
    visit.corners.push(...corners);
    regions.push({
      instrument: info.instrument,
      visit: info.visitId,
      detector: info.detectorId,
      region: encodeRegion(convexHull(corners)),
    });
  }
  const all = [...visits.values()];
  return [
    { element: "visit", records: all.map(({ info, corners }) => visitRecord(info, corners)) },
    {
      element: "visit_definition",
      records: all.map(({ info }) => ({
        instrument: info.instrument,
        exposure: info.exposureId,
        visit: info.visitId,
      })),
    },
    {
      element: "visit_system_membership",
      records: all.map(({ info }) => ({
        instrument: info.instrument,
        visit_system: options.visitSystem ?? 0,
        visit: info.visitId,
      })),
    },
    { element: "visit_detector_region", records: regions },
  ];
}

function visitRecord(info: ObservationInfo, corners: readonly UnitVector[]): DimensionRecord {
  return {
    instrument: info.instrument,
    id: info.visitId,
    day_obs: info.dayObs,
    physical_filter: info.physicalFilter,
    name: info.observationId,
    seq_num: info.seqNum,
    exposure_time: info.exposureSec,
    target_name: info.object,
    observation_reason: info.observationReason,
    science_program: info.scienceProgram,
    azimuth: info.azimuthDeg ?? null,
    zenith_angle: info.zenithAngleDeg ?? null,
    region: corners.length === 0 ? null : encodeRegion(convexHull(corners)),
    timespan: { begin: info.beginTaiNs, end: info.endTaiNs },
  };
}
