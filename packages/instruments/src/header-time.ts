import { isoToTaiNs, mjdToTaiNs, type TimeScale, taiNsToIso } from "@almagest/sphere";
import { type HeaderCards, numberCard, textCard } from "./header.ts";

/** Cards that hold the clock where DATE-OBS holds only the day. */
const CLOCK_CARDS = [
  "UTC-OBS",
  "TIME-OBS",
  "UTSTART",
  "UT-STR",
  "TAIHMS",
  "UTC",
  "UT",
  "UTIME",
  "TIME-BEG",
  "UT-START",
];

/** The day of `2013-02-13…`, `20130213` or, as FITS wrote before 1997, `13/02/99`, as `2013-02-13`. */
function parseDay(text: string): string | undefined {
  const iso = /^(\d{4})-?(\d{2})-?(\d{2})(?=$|[T\s])/.exec(text.trim());
  if (iso !== null) return `${iso[1]}-${iso[2]}-${iso[3]}`;
  const old = /^(\d{2})\/(\d{2})\/(\d{2})$/.exec(text.trim());
  return old === null ? undefined : `19${old[3]}-${old[2]}-${old[1]}`;
}

/** The clock of `…T04:48:21.31Z`, `04:48:21.31` or `4:48`, with two digits each. */
function parseClock(text: string): string | undefined {
  const match = /(?:^|[T\s])(\d{1,2}):(\d{2})(?::(\d{2})(\.\d*)?)?\s*Z?$/.exec(text.trim());
  if (match === null) return undefined;
  const fraction = match[4] === undefined || match[4] === "." ? "" : match[4].slice(0, 13);
  return `${match[1]!.padStart(2, "0")}:${match[2]}:${match[3] ?? "00"}${fraction}`;
}

/** The time scale that TIMESYS names; UTC where it names none that is known. */
export function headerTimeScale(header: HeaderCards): TimeScale {
  const name = textCard(header, "TIMESYS")?.toLowerCase();
  return name === "tai" || name === "tt" ? name : "utc";
}

function dateCards(
  header: HeaderCards,
  dateKeyword: string,
  clockKeywords: readonly string[],
): bigint | undefined {
  const text = textCard(header, dateKeyword);
  const day = text === undefined ? undefined : parseDay(text);
  if (day === undefined || text === undefined) return undefined;
  const clockText = textCard(header, ...clockKeywords);
  const clock = parseClock(text) ?? (clockText === undefined ? undefined : parseClock(clockText));
  if (clock === undefined) return undefined;
  // A date that cannot be (month 13) is no date: the caller tries the next card.
  try {
    return isoToTaiNs(`${day}T${clock}`, headerTimeScale(header));
  } catch {
    return undefined;
  }
}

function mjdCards(header: HeaderCards, ...keywords: readonly string[]): bigint | undefined {
  const mjd = numberCard(header, ...keywords);
  return mjd === undefined || mjd < 0 ? undefined : mjdToTaiNs(mjd, headerTimeScale(header));
}

/** Start of the exposure, TAI nanoseconds: DATE-BEG or DATE-OBS (with the clock beside it), else MJD or JD cards. */
export function beginTime(header: HeaderCards): bigint | undefined {
  const jd = numberCard(header, "JD", "JD-OBS");
  const day = textCard(header, "DATE-OBS", "DATE-BEG");
  return (
    dateCards(header, "DATE-BEG", CLOCK_CARDS) ??
    dateCards(header, "DATE-OBS", CLOCK_CARDS) ??
    mjdCards(header, "MJD-BEG", "MJD-OBS", "MJD-STR", "MJD", "MJDATE") ??
    (jd === undefined ? undefined : mjdToTaiNs(jd - 2_400_000.5, headerTimeScale(header))) ??
    (day === undefined || parseDay(day) === undefined
      ? undefined
      : isoToTaiNs(parseDay(day)!, headerTimeScale(header)))
  );
}

/** End of the exposure where the header tells it. */
export function endTime(header: HeaderCards): bigint | undefined {
  return dateCards(header, "DATE-END", []) ?? mjdCards(header, "MJD-END", "MJDEND");
}

/** A time from a card that holds the day and another that holds the clock. */
export function timeOfCards(
  header: HeaderCards,
  dateKeyword: string,
  clockKeyword: string,
): bigint | undefined {
  return dateCards(header, dateKeyword, [clockKeyword]);
}

/** The observing day (YYYYMMDD) of a TAI time: its date `offsetHours` earlier. */
export function observingDay(taiNs: bigint, offsetHours: number): number {
  const shifted = taiNs - BigInt(Math.round(offsetHours * 3600)) * 1_000_000_000n;
  return Number(taiNsToIso(shifted, "utc", 0).slice(0, 10).replaceAll("-", ""));
}
