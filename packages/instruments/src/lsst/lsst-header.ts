import { type HeaderCards, numberCard, textCard } from "../header.ts";
import { beginTime, endTime } from "../header-time.ts";
import type { ObservationInfo } from "../observation-info.ts";
import { normalizeObservationType } from "../observation-type.ts";
import { optional } from "../optional.ts";
import { requireCard } from "../require-card.ts";

/** Order of LSST's controllers; ids of all but the first are set apart by a thousand years. */
const CONTROLLERS = "OCHPQS";

/** What differs between the instruments that share LSST's header. */
export interface LsstHeaderRules {
  readonly name: string;
  bandOf(physicalFilter: string): string;
  detectorIdOf(detectorName: string): number | undefined;
}

/** Exposure id `YYYYMMDDNNNNN`, shifted by a thousand years per controller after `O`. */
export function lsstExposureId(dayObs: number, seqNum: number, controller: string): number {
  const index = Math.max(0, CONTROLLERS.indexOf(controller));
  return (dayObs + index * 10_000_000) * 100_000 + seqNum;
}

/** Translates the headers that LSST's cameras share (primary and extension cards merged). */
export function translateLsstHeader(header: HeaderCards, rules: LsstHeaderRules): ObservationInfo {
  const dayObs = requireCard(numberCard(header, "DAYOBS"), "DAYOBS");
  const seqNum = requireCard(numberCard(header, "SEQNUM"), "SEQNUM");
  const exposureId = lsstExposureId(dayObs, seqNum, textCard(header, "CONTRLLR") ?? "O");
  const exposureSec = numberCard(header, "EXPTIME") ?? 0;
  const beginTaiNs = requireCard(beginTime(header), "DATE-BEG");
  const detectorName = `${textCard(header, "RAFTBAY") ?? "R00"}_${textCard(header, "CCDSLOT") ?? "S00"}`;
  const physicalFilter = textCard(header, "FILTER") ?? "unknown";
  const observationType = normalizeObservationType(textCard(header, "IMGTYPE"));
  const elevation = numberCard(header, "ELSTART");
  const azimuth = numberCard(header, "AZSTART");
  const pressure = numberCard(header, "PRESSURE");
  return {
    instrument: rules.name,
    telescope: textCard(header, "TELESCOP") ?? "Simonyi Survey Telescope",
    exposureId,
    visitId: exposureId,
    observationId: textCard(header, "OBSID") ?? String(exposureId),
    group: textCard(header, "GROUPID") ?? String(exposureId),
    dayObs,
    seqNum,
    beginTaiNs,
    endTaiNs: endTime(header) ?? beginTaiNs + BigInt(Math.round(exposureSec * 1e9)),
    exposureSec,
    darkSec: numberCard(header, "DARKTIME") ?? exposureSec,
    ...optional("trackingRaDeg", numberCard(header, "RA")),
    ...optional("trackingDecDeg", numberCard(header, "DEC")),
    ...optional(
      "skyAngleDeg",
      textCard(header, "ROTCOORD") === "sky" ? numberCard(header, "ROTPA") : undefined,
    ),
    ...optional("azimuthDeg", azimuth === undefined ? undefined : ((azimuth % 360) + 360) % 360),
    ...optional("zenithAngleDeg", elevation === undefined ? undefined : 90 - elevation),
    ...optional("airmass", numberCard(header, "AMSTART", "AIRMASS")),
    physicalFilter,
    band: rules.bandOf(physicalFilter),
    observationType,
    observationReason: (textCard(header, "REASON") ?? "unknown").toLowerCase(),
    object: textCard(header, "OBJECT") ?? "unknown",
    scienceProgram: textCard(header, "PROGRAM") ?? "unknown",
    detectorId: requireCard(rules.detectorIdOf(detectorName), "RAFTBAY, CCDSLOT"),
    detectorName,
    ...optional("detectorSerial", textCard(header, "LSST_NUM")),
    hasSimulatedContent: header.get("SIMULATE") === true,
    canSeeSky: !["bias", "dark", "flat"].includes(observationType),
    ...optional("temperatureC", numberCard(header, "AIRTEMP")),
    // Pascal in these headers.
    ...optional("pressureHPa", pressure === undefined ? undefined : pressure / 100),
    ...optional("humidityPercent", numberCard(header, "HUMIDITY")),
  };
}
