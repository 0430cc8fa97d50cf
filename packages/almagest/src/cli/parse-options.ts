import { AlmagestError } from "@almagest/base";

/** `a,b` and repeated options as one list without empty entries. */
export function collectList(value: string, previous: readonly string[] = []): string[] {
  return [...previous, ...value.split(",").filter((part) => part !== "")];
}

/** A whole number of an option. Throws `ALMAGEST.USAGE`. */
export function parseWhole(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new AlmagestError("ALMAGEST.USAGE", `'${value}' is not a whole number.`, { fields: { value } });
  }
  return number;
}

/** A number of an option. Throws `ALMAGEST.USAGE`. */
export function parseNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number)) {
    throw new AlmagestError("ALMAGEST.USAGE", `'${value}' is not a number.`, { fields: { value } });
  }
  return number;
}

/** Several values of a positional argument, each of which may be a list with commas. */
export function splitWords(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(",")).filter((part) => part !== "");
}
