import type { HeaderCards } from "../header.ts";
import { numberCard, textCard } from "../header.ts";
import { beginTime, observingDay, timeOfCards } from "../header-time.ts";
import type { ObservationInfo } from "../observation-info.ts";
import { normalizeObservationType } from "../observation-type.ts";
import { optional } from "../optional.ts";
import { requireCard } from "../require-card.ts";

/** Translates a header of CFHT's MegaPrime (one extension; the files do not inherit their primary header). */
export function translateMegaPrimeHeader(header: HeaderCards): ObservationInfo {
  const exposureId = requireCard(numberCard(header, "EXPNUM"), "EXPNUM");
  const exposureSec = numberCard(header, "EXPTIME") ?? 0;
  const beginTaiNs = requireCard(beginTime(header), "DATE-OBS");
  const endTaiNs =
    timeOfCards(header, "DATEEND", "UTCEND") ?? beginTaiNs + BigInt(Math.round(exposureSec * 1e9));
  const name = textCard(header, "EXTNAME") ?? "";
  // The primary header belongs to no detector; 99 stands for it, as in the original translator.
  const detectorName = /^ccd\d+$/.test(name) ? name : "ccd99";
  const physicalFilter = textCard(header, "FILTER") ?? "unknown";
  const observationType = normalizeObservationType(textCard(header, "OBSTYPE", "EXPTYPE"));
  const altitude = numberCard(header, "TELALT");
  return {
    instrument: "MegaPrime",
    telescope: textCard(header, "TELESCOP") ?? "CFHT 3.6m",
    exposureId,
    visitId: exposureId,
    observationId: textCard(header, "OBSID") ?? String(exposureId),
    group: String(exposureId),
    // In Hawaii a night lies within one UTC date.
    dayObs: observingDay(beginTaiNs, 0),
    seqNum: exposureId,
    beginTaiNs,
    endTaiNs,
    exposureSec,
    darkSec: numberCard(header, "DARKTIME") ?? exposureSec,
    ...optional("trackingRaDeg", numberCard(header, "RA_DEG")),
    ...optional("trackingDecDeg", numberCard(header, "DEC_DEG")),
    // No rotator: +y is north.
    skyAngleDeg: 0,
    ...optional("azimuthDeg", numberCard(header, "TELAZ")),
    ...optional("zenithAngleDeg", altitude === undefined ? undefined : 90 - altitude),
    ...optional("airmass", numberCard(header, "AIRMASS")),
    physicalFilter,
    band: /^([ugriz])\.MP/.exec(physicalFilter)?.[1] ?? physicalFilter,
    observationType,
    observationReason: observationType === "science" ? "science" : "unknown",
    object: textCard(header, "OBJECT") ?? "unknown",
    scienceProgram: textCard(header, "RUNID") ?? "unknown",
    detectorId: Number(detectorName.slice(3)),
    detectorName,
    ...optional("detectorSerial", textCard(header, "CCDNAME")),
    hasSimulatedContent: false,
    canSeeSky: observationType !== "bias" && observationType !== "dark",
    ...optional("temperatureC", numberCard(header, "TEMPERAT", "AIRTEMP")),
    ...optional("pressureHPa", numberCard(header, "PRESSURE")),
    ...optional("humidityPercent", numberCard(header, "RELHUMID", "HUMIDITY")),
  };
}
