import { AlmagestError } from "@almagest/base";

/** Gives the value of a header keyword, undefined where the header does not have it. */
export type HeaderLookup = (key: string) => string | number | boolean | undefined;

/** A numeric keyword; numbers written as text are read as numbers. Throws `SPHERE.WCS_INVALID` for anything else. */
export function readNumber(lookup: HeaderLookup, key: string): number | undefined {
  const value = lookup(key);
  if (value === undefined || (typeof value === "string" && value.trim() === "")) return undefined;
  const number = typeof value === "string" ? Number(value.trim().replace(/[dD]/, "e")) : value;
  if (typeof number !== "number" || !Number.isFinite(number)) {
    throw new AlmagestError("SPHERE.WCS_INVALID", `${key} = ${String(value)} is not a finite number.`, {
      fields: { key, value },
    });
  }
  return number;
}

/** A text keyword without the blanks around it; throws `SPHERE.WCS_INVALID` for a value that is not text. */
export function readText(lookup: HeaderLookup, key: string): string | undefined {
  const value = lookup(key);
  if (value === undefined) return undefined;
  if (typeof value !== "string") {
    throw new AlmagestError("SPHERE.WCS_INVALID", `${key} = ${String(value)} is not text.`, {
      fields: { key, value },
    });
  }
  return value.trim();
}
