import { AlmagestError } from "@almagest/base";
import { taiMinusUtcSec } from "./leap-seconds.ts";

/** A scale of time: TAI; UTC = TAI − 37 s since 2017; TT = TAI + 32.184 s. */
export type TimeScale = "tai" | "utc" | "tt";

const SECOND = 1_000_000_000n;
const DAY = 86_400n * SECOND;
const TT_MINUS_TAI = 32_184_000_000n;
/** Modified Julian date of 1970-01-01. */
const MJD_EPOCH = 40_587;

/** The earliest and latest time a Butler stores: 1970-01-01 and 2100-01-01 TAI. */
export const TAI_NS_MIN = 0n;
export const TAI_NS_MAX = 4_102_444_800_000_000_000n;

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?)?(Z|[+-]00:?00)?$/;

/**
 * TAI nanoseconds since 1970-01-01 TAI of a date and time such as `2026-01-31T12:34:56.123456789`, read as UTC unless
 * another scale is named; time of day, seconds and fraction may be left out, digits beyond nanoseconds are rounded. UTC days
 * with a leap second have a second 60. Throws `SPHERE.TIME_INVALID` for anything else.
 */
export function isoToTaiNs(iso: string, scale: TimeScale = "utc"): bigint {
  const parts = ISO.exec(iso.trim());
  const [, year, month, date, hour = "0", minute = "0", second = "0", fraction = "", zone] = parts ?? [];
  const day = parts === null ? Number.NaN : dayNumber(Number(year), Number(month), Number(date));
  const leap =
    scale === "utc" && Number(second) === 60 && hour === "23" && minute === "59" && hasLeapSecond(day);
  const sound = Number(hour) < 24 && Number(minute) < 60 && (Number(second) < 60 || leap);
  if (Number.isNaN(day) || !sound || (zone !== undefined && scale !== "utc")) {
    throw new AlmagestError(
      "SPHERE.TIME_INVALID",
      `'${iso}' is not a ${scale.toUpperCase()} time; write it as 2026-01-31T12:34:56.789.`,
      { fields: { iso, scale } },
    );
  }
  const seconds = BigInt(Number(hour) * 3600 + Number(minute) * 60 + Number(second));
  const picoseconds = BigInt(fraction.slice(0, 12).padEnd(12, "0"));
  const ns = BigInt(day) * DAY + seconds * SECOND + (picoseconds + 500n) / 1000n;
  return scaleToTai(ns, scale, day);
}

/** Days since 1970-01-01 of a Gregorian date; NaN where there is no such date. */
function dayNumber(year: number, month: number, date: number): number {
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, date);
  const sound =
    moment.getUTCFullYear() === year && moment.getUTCMonth() === month - 1 && moment.getUTCDate() === date;
  return sound ? moment.getTime() / 86_400_000 : Number.NaN;
}

function hasLeapSecond(day: number): boolean {
  return taiMinusUtcSec(day + 1) > taiMinusUtcSec(day);
}

function scaleToTai(ns: bigint, scale: TimeScale, utcDay: number): bigint {
  if (scale === "tai") return ns;
  return scale === "tt" ? ns - TT_MINUS_TAI : ns + BigInt(taiMinusUtcSec(utcDay)) * SECOND;
}

/** Day number and nanoseconds of the day (up to 86 401 s on a day with a leap second) of a TAI time in a scale. */
function splitDay(taiNs: bigint, scale: TimeScale): { day: number; nsOfDay: bigint } {
  const shifted = scale === "tt" ? taiNs + TT_MINUS_TAI : taiNs;
  let day = Number(floorDivide(shifted, DAY));
  if (scale !== "utc") return { day, nsOfDay: shifted - BigInt(day) * DAY };
  // A UTC day starts at day · 86 400 s + (TAI − UTC) of that day; the day found in TAI is that one or the one before.
  if (taiNs < startOfUtcDay(day)) day--;
  return { day, nsOfDay: taiNs - startOfUtcDay(day) };
}

function startOfUtcDay(day: number): bigint {
  return BigInt(day) * DAY + BigInt(taiMinusUtcSec(day)) * SECOND;
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

/** The date and time of TAI nanoseconds in a scale (UTC by default), with `digits` (0 to 9) decimals, cut off, not rounded. */
export function taiNsToIso(taiNs: bigint, scale: TimeScale = "utc", digits = 9): string {
  const { day, nsOfDay } = splitDay(taiNs, scale);
  const date = new Date(day * 86_400_000).toISOString().slice(0, 10);
  const whole = Number(nsOfDay / SECOND);
  const ns = String(nsOfDay % SECOND).padStart(9, "0");
  const minutes = Math.min(Math.floor(whole / 60), 1439);
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(whole - minutes * 60)}`;
  return digits === 0 ? `${date}T${clock}` : `${date}T${clock}.${ns.slice(0, digits)}`;
}

/**
 * TAI nanoseconds of a modified Julian date in a scale (TAI by default), rounded to the nearest nanosecond of the number
 * given; a double carries about a microsecond. Throws `SPHERE.TIME_INVALID` for NaN or infinity.
 */
export function mjdToTaiNs(mjd: number, scale: TimeScale = "tai"): bigint {
  if (!Number.isFinite(mjd)) {
    throw new AlmagestError("SPHERE.TIME_INVALID", `${mjd} is not a modified Julian date.`, {
      fields: { mjd },
    });
  }
  const whole = Math.floor(mjd);
  const day = whole - MJD_EPOCH;
  const length = scale === "utc" && hasLeapSecond(day) ? DAY + SECOND : DAY;
  const nsOfDay = scaleFraction(mjd - whole, length);
  return scaleToTai(BigInt(day) * DAY + nsOfDay, scale, day);
}

/** fraction × length, exactly, rounded to the nearest integer. */
function scaleFraction(fraction: number, length: bigint): bigint {
  const bits = 2 ** 52;
  const numerator = BigInt(Math.round(fraction * bits)) * length;
  return (numerator + BigInt(bits) / 2n) / BigInt(bits);
}

/** The modified Julian date, in a scale (TAI by default), of TAI nanoseconds; on a leap-second day of UTC days are 86 401 s. */
export function taiNsToMjd(taiNs: bigint, scale: TimeScale = "tai"): number {
  const { day, nsOfDay } = splitDay(taiNs, scale);
  const length = scale === "utc" && hasLeapSecond(day) ? DAY + SECOND : DAY;
  return MJD_EPOCH + day + Number(nsOfDay) / Number(length);
}

/** TAI nanoseconds of a UNIX time in seconds (POSIX: every day has 86 400 s), rounded to the nearest nanosecond. */
export function unixToTaiNs(unixSec: number): bigint {
  if (!Number.isFinite(unixSec)) {
    throw new AlmagestError("SPHERE.TIME_INVALID", `${unixSec} is not a UNIX time.`, { fields: { unixSec } });
  }
  const whole = Math.floor(unixSec);
  const ns = BigInt(whole) * SECOND + BigInt(Math.round((unixSec - whole) * 1e9));
  return scaleToTai(ns, "utc", Math.floor(whole / 86_400));
}

/** UNIX time in seconds of TAI nanoseconds; a leap second repeats the second before midnight. */
export function taiNsToUnix(taiNs: bigint): number {
  const { day, nsOfDay } = splitDay(taiNs, "utc");
  const ns = nsOfDay < DAY ? nsOfDay : nsOfDay - SECOND;
  return day * 86_400 + Number(ns) / 1e9;
}

/** A time brought into the range a Butler stores. */
export function clampTaiNs(taiNs: bigint): bigint {
  return taiNs < TAI_NS_MIN ? TAI_NS_MIN : taiNs > TAI_NS_MAX ? TAI_NS_MAX : taiNs;
}
