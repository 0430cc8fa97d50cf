import { type HeaderCards, numberCard, textCard } from "../header.ts";
import { observingDay, timeOfCards } from "../header-time.ts";
import type { ObservationInfo } from "../observation-info.ts";
import { normalizeObservationType } from "../observation-type.ts";
import { optional } from "../optional.ts";
import { requireCard } from "../require-card.ts";
import { parseDeclination, parseRightAscension } from "../sexagesimal.ts";
import { HSC_DETECTORS } from "./hsc-detectors.ts";

const KELVIN = 273.15;

/** The exposure number of `HSCA90402400` (letter × 1,000,000 + six digits) or, since 2016, `HSCE00012345`. */
function parseExposureId(header: HeaderCards): number | undefined {
  const expId = textCard(header, "EXP-ID") ?? "";
  const recent = /^HSCE(\d{8})$/.exec(expId);
  if (recent !== null) return Number(recent[1]);
  const early = /^HSC([A-Z])(\d{6})00$/.exec(expId);
  if (early !== null && Number(early[2]) !== 0) return letterNumber(early[1]!, Number(early[2]));
  // Some early files have EXP-ID zero; then FRAMEID tells, whose odd numbers belong to the even exposure before.
  const frame = /^HSC([A-Z])(\d{6})\d{2}$/.exec(textCard(header, "FRAMEID") ?? "");
  return frame === null ? undefined : letterNumber(frame[1]!, Number(frame[2]) & ~1);
}

function letterNumber(letter: string, number: number): number {
  return number + 1_000_000 * (letter.charCodeAt(0) - 65);
}

/** Translates a header of Subaru's Hyper Suprime-Cam. */
export function translateHscHeader(header: HeaderCards): ObservationInfo {
  const exposureId = requireCard(parseExposureId(header), "EXP-ID");
  const exposureSec = numberCard(header, "EXPTIME") ?? 0;
  const beginTaiNs = requireCard(
    timeOfCards(header, "DATE-OBS", "UT-STR") ?? timeOfCards(header, "DATE-OBS", "UT"),
    "DATE-OBS",
  );
  const detectorId = requireCard(numberCard(header, "DET-ID"), "DET-ID");
  const physicalFilter = (textCard(header, "FILTER01") ?? "unknown").toUpperCase();
  const observationType = normalizeObservationType(textCard(header, "DATA-TYP"));
  const altitude = numberCard(header, "ALTITUDE");
  const instrumentAngle = numberCard(header, "INST-PA");
  const temperature = numberCard(header, "OUT-TMP");
  return {
    instrument: "HSC",
    telescope: textCard(header, "TELESCOP") ?? "Subaru",
    exposureId,
    visitId: exposureId,
    observationId: textCard(header, "EXP-ID") ?? String(exposureId),
    group: String(exposureId),
    // In Hawaii a night lies within one UTC date.
    dayObs: observingDay(beginTaiNs, 0),
    seqNum: exposureId,
    beginTaiNs,
    endTaiNs: timeOfCards(header, "DATE-OBS", "UT-END") ?? beginTaiNs + BigInt(Math.round(exposureSec * 1e9)),
    exposureSec,
    darkSec: numberCard(header, "DARKTIME") ?? exposureSec,
    ...optional("trackingRaDeg", parseRightAscension(textCard(header, "RA2000", "RA"))),
    ...optional("trackingDecDeg", parseDeclination(textCard(header, "DEC2000", "DEC"))),
    ...optional(
      "skyAngleDeg",
      instrumentAngle === undefined ? undefined : (((270 - instrumentAngle) % 360) + 360) % 360,
    ),
    ...optional("azimuthDeg", numberCard(header, "AZIMUTH")),
    ...optional("zenithAngleDeg", altitude === undefined ? undefined : 90 - altitude),
    ...optional("airmass", numberCard(header, "AIRMASS")),
    physicalFilter,
    band: /^HSC-([GRIZY])2?$/.exec(physicalFilter)?.[1]?.toLowerCase() ?? physicalFilter,
    observationType,
    observationReason: observationType === "science" ? "science" : "unknown",
    object: textCard(header, "OBJECT") ?? "unknown",
    scienceProgram: textCard(header, "PROP-ID") ?? "unknown",
    detectorId,
    detectorName: requireCard(HSC_DETECTORS[detectorId], "DET-ID"),
    ...optional("detectorSerial", textCard(header, "T_CCDSN")),
    hasSimulatedContent: false,
    canSeeSky: !["bias", "dark", "flat"].includes(observationType),
    ...optional("temperatureC", temperature === undefined ? undefined : temperature - KELVIN),
    ...optional("pressureHPa", numberCard(header, "OUT-PRS")),
    ...optional("humidityPercent", numberCard(header, "OUT-HUM")),
  };
}
