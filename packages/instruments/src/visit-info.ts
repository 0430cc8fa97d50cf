import type { VisitInfo } from "@almagest/images";
import type { ObservationInfo } from "./observation-info.ts";

/** The facts of an exposure that travel with its pixels. What the header did not tell becomes NaN. */
export function createVisitInfo(info: ObservationInfo): VisitInfo {
  return {
    instrument: info.instrument,
    exposureId: info.exposureId,
    visitId: info.visitId,
    midpointTaiNs: info.beginTaiNs + (info.endTaiNs - info.beginTaiNs) / 2n,
    exposureSec: info.exposureSec,
    darkSec: info.darkSec,
    boresightRaDeg: info.trackingRaDeg ?? Number.NaN,
    boresightDecDeg: info.trackingDecDeg ?? Number.NaN,
    rotatorDeg: info.skyAngleDeg ?? Number.NaN,
    airmass: info.airmass ?? Number.NaN,
    observationType: info.observationType,
    object: info.object,
  };
}
