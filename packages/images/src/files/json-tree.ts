import type { Json } from "@almagest/base";

const NON_FINITE = "$float";

/** Any plain value as JSON: numbers that JSON cannot carry become `{"$float": "NaN"}`, undefined members are left out. */
export function toJsonTree(value: unknown): Json {
  if (typeof value === "number" && !Number.isFinite(value)) return { [NON_FINITE]: String(value) };
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
    if (entries.length === 1 && entries[0]![0] === NON_FINITE) return Number(entries[0]![1]);
    return Object.fromEntries(entries.map(([key, member]) => [key, fromJsonTree(member)]));
  }
  return value;
}
