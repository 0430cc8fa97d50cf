import { type HeaderCards, numberCard, textCard } from "../header.ts";
import { beginTime, observingDay } from "../header-time.ts";
import type { ObservationInfo } from "../observation-info.ts";
import { normalizeObservationType } from "../observation-type.ts";
import { optional } from "../optional.ts";
import { requireCard } from "../require-card.ts";
import { parseDeclination, parseRightAscension } from "../sexagesimal.ts";

/** Translates a header of DECam (primary and extension cards merged), raw or from the Community Pipeline. */
export function translateDecamHeader(header: HeaderCards): ObservationInfo {
  const exposureId = requireCard(numberCard(header, "EXPNUM"), "EXPNUM");
  const exposureSec = numberCard(header, "EXPTIME") ?? 0;
  const darkSec = numberCard(header, "DARKTIME") ?? exposureSec;
  const beginTaiNs = requireCard(beginTime(header), "DATE-OBS");
  const physicalFilter = textCard(header, "FILTER") ?? "unknown";
  const observationType = normalizeObservationType(textCard(header, "OBSTYPE"));
  return {
    instrument: "DECam",
    telescope: textCard(header, "TELESCOP") ?? "CTIO 4.0-m telescope",
    exposureId,
    visitId: exposureId,
    observationId: textCard(header, "OBSID") ?? String(exposureId),
    group: String(exposureId),
    dayObs: observingDay(beginTaiNs, 12),
    seqNum: exposureId,
    beginTaiNs,
    // DTUTC is when the file was handed over, at times hours later; the shutter tells better.
    endTaiNs: beginTaiNs + BigInt(Math.round(Math.max(exposureSec, darkSec) * 1e9)),
    exposureSec,
    darkSec,
    ...optional("trackingRaDeg", parseRightAscension(textCard(header, "TELRA"))),
    ...optional("trackingDecDeg", parseDeclination(textCard(header, "TELDEC"))),
    skyAngleDeg: 90,
    ...optional("azimuthDeg", numberCard(header, "AZ")),
    ...optional("zenithAngleDeg", numberCard(header, "ZD")),
    ...optional("airmass", numberCard(header, "AIRMASS")),
    physicalFilter,
    band: textCard(header, "BAND") ?? /^(\S+)/.exec(physicalFilter)?.[1] ?? "unknown",
    observationType,
    observationReason: observationType === "science" ? "science" : "unknown",
    object: textCard(header, "OBJECT") ?? "unknown",
    scienceProgram: textCard(header, "PROPID") ?? "unknown",
    detectorId: numberCard(header, "CCDNUM") ?? 0,
    detectorName: textCard(header, "DETPOS") ?? "unknown",
    ...optional("detectorSerial", textCard(header, "DETECTOR")),
    hasSimulatedContent: false,
    canSeeSky: observationType === "science" || observationType === "standard",
    ...optional("temperatureC", numberCard(header, "OUTTEMP")),
    // Called Torr in the header, but the values are millibar.
    ...optional("pressureHPa", numberCard(header, "PRESSURE")),
    ...optional("humidityPercent", numberCard(header, "HUMIDITY")),
  };
}
