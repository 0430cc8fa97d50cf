import type { Timespan } from "@almagest/butler";
import { taiNsToIso } from "@almagest/sphere";

/** A number as Python's `str` of a float writes it: `30.0`, `1e-05`, `1e+16`. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const magnitude = Math.abs(value);
  if (value !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
    const digits = exponent.slice(1).padStart(2, "0");
    return `${mantissa}e${exponent[0]}${digits}`;
  }
  const text = magnitude >= 1e21 ? BigInt(value).toString() : String(value);
  return text.includes(".") ? text : `${text}.0`;
}

/** A value as Python's `str` writes it, in the tables of the original's commands. */
export function pythonText(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map((item) => `'${item as string}'`).join(", ")}]`;
  return String(value);
}

/** A time span as the original prints it, in TAI to the second. */
export function timespanText(span: Timespan): string {
  const { begin, end } = span;
  if (begin !== undefined && end !== undefined && begin >= end) return "(empty)";
  const iso = (time: bigint): string => taiNsToIso(time, "tai", 0).slice(0, 19);
  const head = begin === undefined ? "(-∞, " : `[${iso(begin)}, `;
  return head + (end === undefined ? "∞)" : `${iso(end)})`);
}
