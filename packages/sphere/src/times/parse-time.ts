import { AlmagestError } from "@almagest/base";
import { isoToTaiNs, mjdToTaiNs, type TimeScale } from "./tai-time.ts";

/** Nanoseconds from 1970-01-01 TAI to 1998-01-01 TT, the origin of Chandra's clock. */
const CXC_ORIGIN = isoToTaiNs("1998-01-01T00:00:00", "tt");
const DAY = 86_400_000_000_000n;

/** Decimal text as an integer count of 1/10^digits, rounded. */
function scaleDecimal(text: string, digits: number): bigint {
  const negative = text.startsWith("-");
  const [whole = "", fraction = ""] = text.replace(/^[+-]/, "").split(".");
  const padded = fraction.padEnd(digits + 1, "0").slice(0, digits + 1);
  const scaled = (BigInt(`0${whole}${padded}`) + 5n) / 10n;
  return negative ? -scaled : scaled;
}

/** Days since an epoch (as text, so that no digit is lost) as TAI nanoseconds; TAI and TT days have 86 400 s. */
function daysToTaiNs(text: string, epochDays: string, scale: TimeScale): bigint {
  if (scale === "utc")
    return mjdToTaiNs(Number(scaleDecimal(text, 12) - scaleDecimal(epochDays, 12)) / 1e12, "utc");
  // 10^-15 day steps keep the nanosecond.
  const days = scaleDecimal(text, 15) - scaleDecimal(epochDays, 15) - scaleDecimal("40587", 15);
  const ns = (days * DAY + (days < 0n ? -1n : 1n) * 500_000_000_000_000n) / 10n ** 15n;
  return scale === "tt" ? ns - 32_184_000_000n : ns;
}

/** `2026:032:10:00:00`, the day of the year, as a date and time. */
function yearDayToIso(text: string): string | undefined {
  const parts = /^(\d{4}):(\d{3})(?::(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?$/.exec(text);
  if (parts === null) return undefined;
  const year = Number(parts[1]);
  const day = Number(parts[2]);
  const moment = new Date(Date.UTC(year, 0, day));
  if (day < 1 || moment.getUTCFullYear() !== year) return undefined;
  return `${moment.toISOString().slice(0, 10)}T${parts[3] ?? "00:00:00"}`;
}

const NUMBER = /^[+-]?(\d+\.\d*|\.\d+|\d+)$/;

/**
 * TAI nanoseconds of a time as Butler queries write it: `2026-01-31T12:34:56.789` or `2026:031:12:34:56` (UTC unless
 * `defaultScale` says otherwise), a modified Julian date with a decimal point (TAI), or `format/value/scale` with the formats
 * iso, isot, yday, fits (UTC), mjd, jd (TAI), cxcsec (seconds of TT since 1998). Throws `SPHERE.TIME_INVALID` for anything else.
 */
export function parseTaiNs(text: string, defaultScale: TimeScale = "utc"): bigint {
  const [format, value, scaleName] = splitTime(text);
  const scale = scaleName ?? (format === "mjd" || format === "jd" ? "tai" : defaultScale);
  const isNumber = NUMBER.test(value);
  if (scale === "tai" || scale === "utc" || scale === "tt") {
    if (format === "mjd" && isNumber) return daysToTaiNs(value, "0", scale);
    if (format === "jd" && isNumber) return daysToTaiNs(value, "2400000.5", scale);
    if (format === "cxcsec" && isNumber) return CXC_ORIGIN + scaleDecimal(value, 9);
    if (format === "iso" || format === "isot" || format === "fits") return isoToTaiNs(value, scale);
    const iso = format === "yday" ? yearDayToIso(value) : undefined;
    if (iso !== undefined) return isoToTaiNs(iso, scale);
  }
  throw new AlmagestError(
    "SPHERE.TIME_INVALID",
    `'${text}' is not a time; write UTC as 2026-01-31T12:34:56, or a modified Julian date (TAI) as 61041.5.`,
    { fields: { text } },
  );
}

function splitTime(text: string): [format: string, value: string, scale: string | undefined] {
  const parts = text.trim().split("/");
  if (parts.length === 2 || parts.length === 3)
    return [parts[0]!.toLowerCase(), parts[1]!, parts[2]?.toLowerCase()];
  const value = text.trim();
  if (/^\d{4}:\d{3}/.test(value)) return ["yday", value, undefined];
  if (/^[+-]?(\d+\.\d*|\.\d+)$/.test(value)) return ["mjd", value, undefined];
  return ["iso", value, undefined];
}
