import type { Json } from "@almagest/base";

const FLOAT = "$float";

/** Numbers that would come back from JSON as something else: not finite, −0, and whole floats beyond 2^53 (as bigint). */
function needsText(value: number): boolean {
  return (
    !Number.isFinite(value) ||
    Object.is(value, -0) ||
    (Number.isInteger(value) && !Number.isSafeInteger(value))
  );
}

/** Any plain value as JSON: numbers that JSON would not bring back become `{"$float": "NaN"}`, undefined members are left out. */
export function toJsonTree(value: unknown): Json {
  if (typeof value === "number" && needsText(value)) {
    return { [FLOAT]: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (Array.isArray(value)) return value.map(toJsonTree);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([key, member]) => [key, toJsonTree(member)]),
    );
  }
  return value as Json;
}

/** Undoes `toJsonTree`. */
export function fromJsonTree(value: Json): unknown {
  if (Array.isArray(value)) return value.map(fromJsonTree);
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value);
    if (entries.length === 1 && entries[0]![0] === FLOAT) return Number(entries[0]![1]);
    return Object.fromEntries(entries.map(([key, member]) => [key, fromJsonTree(member)]));
  }
  return value;
}
