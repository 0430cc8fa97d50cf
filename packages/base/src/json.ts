import { AlmagestError } from "./error.ts";

/** Any value that JSON carries; integers beyond 2^53 are bigint. */
export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Writes JSON with sorted keys and no white space: equal values give equal text. Bigints become plain integers.
 * Throws `BASE.JSON_INVALID` for NaN, infinities, undefined and functions. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object") {
    const members = Object.entries(value as Record<string, unknown>)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(",")}}`;
  }
  throw new AlmagestError("BASE.JSON_INVALID", `JSON cannot carry ${String(value)}.`);
}

/** Parses JSON, keeping integers beyond 2^53 exact as bigint. Throws `BASE.JSON_INVALID` with the place. */
export function parseJson(text: string): Json {
  try {
    // Only what has sixteen digits on end can hold such an integer; a reviver costs several times the parsing.
    if (!/\d{16}/.test(text)) return JSON.parse(text) as Json;
    return JSON.parse(text, (_key, value, context?: { source?: string }) => {
      if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
      const source = context?.source;
      return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
    }) as Json;
  } catch (cause) {
    throw new AlmagestError("BASE.JSON_INVALID", `Not JSON: ${(cause as Error).message}.`, { cause });
  }
}
