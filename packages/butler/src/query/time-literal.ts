import { isAlmagestError } from "@almagest/base";
import { clampTaiNs, isoToTaiNs, mjdToTaiNs, type TimeScale } from "@almagest/sphere";

const NS_PER_DAY = 86_400_000_000_000n;
/** 1998-01-01T00:00:00 TT, the epoch of Chandra's seconds. */
const CXC_EPOCH_ISO = "1998-01-01T00:00:00";

/** Nanoseconds of a decimal number of units, without passing through a double. */
function decimalToNs(text: string, nsPerUnit: bigint): bigint | undefined {
  const match = /^([-+]?)(\d+)\.(\d*)$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole, fraction] = match;
  const scale = 10n ** BigInt(fraction!.length);
  const digits = BigInt(whole! + fraction!);
  const ns = (digits * nsPerUnit + scale / 2n) / scale;
  return sign === "-" ? -ns : ns;
}

function isScale(text: string | undefined): text is TimeScale {
  return text === "tai" || text === "utc" || text === "tt";
}

function parseDate(text: string, scale: TimeScale): bigint | undefined {
  // Year and day of year, optionally with a time: 2026:032:10:00:00.
  const yday = /^(\d{4}):(\d{3})(?::(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?$/.exec(text);
  try {
    if (yday !== null) {
      const [, year, day, time = "00:00:00"] = yday;
      const moment = new Date(Date.UTC(Number(year), 0, 1) + (Number(day) - 1) * 86_400_000);
      if (moment.getUTCFullYear() !== Number(year)) return undefined;
      return isoToTaiNs(`${moment.toISOString().slice(0, 10)}T${time}`, scale);
    }
    return isoToTaiNs(text, scale);
  } catch (error) {
    if (isAlmagestError(error, "SPHERE.")) return undefined;
    throw error;
  }
}

function parseNumber(text: string, format: string, scale: TimeScale | undefined): bigint | undefined {
  switch (format) {
    case "mjd":
    case "jd": {
      const days = decimalToNs(text, NS_PER_DAY);
      if (days === undefined) return undefined;
      const epochDays = format === "mjd" ? 40_587n * NS_PER_DAY : (24_405_875n * NS_PER_DAY) / 10n;
      const since1970 = days - epochDays;
      if (scale === undefined || scale === "tai") return since1970;
      const wholeDay = Number(since1970 / NS_PER_DAY) + 40_587;
      return mjdToTaiNs(wholeDay, scale) + (since1970 % NS_PER_DAY);
    }
    case "unix": {
      const ns = decimalToNs(text, 1_000_000_000n);
      if (ns === undefined) return undefined;
      const day = Number(ns / NS_PER_DAY);
      return mjdToTaiNs(40_587 + day, "utc") + (ns % NS_PER_DAY);
    }
    case "cxcsec": {
      const ns = decimalToNs(text, 1_000_000_000n);
      return ns === undefined ? undefined : isoToTaiNs(CXC_EPOCH_ISO, "tt") + ns;
    }
    default:
      return undefined;
  }
}

/**
 * TAI nanoseconds of the inside of `T'…'`: `[format/]value[/scale]`. Dates are UTC unless told; a bare number needs a
 * decimal point and is an MJD in TAI. Undefined for what is no time.
 */
export function parseTimeLiteral(literal: string): bigint | undefined {
  const parts = literal.trim().split("/");
  let format: string | undefined;
  let scale: string | undefined;
  let value = parts[0]!;
  if (parts.length === 3) [format, value, scale] = parts as [string, string, string];
  else if (parts.length === 2) {
    if (isScale(parts[1]!.toLowerCase())) scale = parts[1];
    else [format, value] = parts as [string, string];
  } else if (parts.length > 3) return undefined;
  format = format?.toLowerCase();
  scale = scale?.toLowerCase();
  if (scale !== undefined && !isScale(scale)) return undefined;
  const number = /^[-+]?\d/.test(value) && /^[-+]?\d*\.?\d*$/.test(value);
  let ns: bigint | undefined;
  if (number) ns = parseNumber(value, format ?? "mjd", scale as TimeScale | undefined);
  else if (format === undefined || ["iso", "isot", "fits", "yday"].includes(format))
    ns = parseDate(value, (scale as TimeScale | undefined) ?? "utc");
  return ns === undefined ? undefined : clampTaiNs(ns);
}
