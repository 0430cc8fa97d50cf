import { AlmagestError } from "@almagest/base";
import type { DataId } from "@almagest/butler";

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

/** A data id written `instrument=SimCam,detector=3`. Throws `ALMAGEST.USAGE`. */
export function parseDataId(pairs: readonly string[]): DataId {
  return Object.fromEntries(
    pairs.map((pair) => {
      const cut = pair.indexOf("=");
      if (cut < 1) {
        throw new AlmagestError("ALMAGEST.USAGE", `'${pair}' is not of the form dimension=value.`, {
          fields: { pair },
        });
      }
      const text = pair.slice(cut + 1);
      return [pair.slice(0, cut), /^-?\d+$/.test(text) ? Number(text) : text];
    }),
  );
}
