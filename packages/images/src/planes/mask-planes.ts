import { AlmagestError } from "@almagest/base";
import type { Mask } from "../exposure.ts";

/** The standard mask planes and their bit numbers. */
export const MASK_PLANES: ReadonlyMap<string, number> = new Map([
  ["BAD", 0],
  ["SAT", 1],
  ["INTRP", 2],
  ["CR", 3],
  ["EDGE", 4],
  ["DETECTED", 5],
  ["DETECTED_NEGATIVE", 6],
  ["SUSPECT", 7],
  ["NO_DATA", 8],
  ["CROSSTALK", 9],
  ["NOT_DEBLENDED", 10],
  ["UNMASKEDNAN", 11],
  ["CLIPPED", 12],
  ["INEXACT_PSF", 13],
  ["REJECTED", 14],
  ["SENSOR_EDGE", 15],
  ["STREAK", 16],
  ["SPIKE", 17],
  ["VIGNETTED", 18],
]);

/** The value with the bits of the named planes set (unsigned); throws `IMAGES.MASK_PLANE_UNKNOWN`. */
export function maskBits(
  names: readonly string[],
  planes: ReadonlyMap<string, number> = MASK_PLANES,
): number {
  let bits = 0;
  for (const name of names) {
    const bit = planes.get(name);
    if (bit === undefined) {
      throw new AlmagestError(
        "IMAGES.MASK_PLANE_UNKNOWN",
        `There is no mask plane ${name}; use one of ${[...planes.keys()].join(", ")}.`,
        { fields: { name } },
      );
    }
    bits |= 1 << bit;
  }
  return bits >>> 0;
}

/** Names of the planes set in a mask value, by bit number. */
export function maskPlaneNames(value: number, planes: ReadonlyMap<string, number> = MASK_PLANES): string[] {
  return [...planes]
    .sort((a, b) => a[1] - b[1])
    .filter(([, bit]) => (value >>> bit) & 1)
    .map(([name]) => name);
}

/** The mask with one more plane: the lowest free bit, or the mask itself if it has the plane. */
export function withMaskPlane(mask: Mask, name: string): Mask {
  if (mask.planes.has(name)) return mask;
  const taken = new Set(mask.planes.values());
  for (let bit = 0; bit < 32; bit++) {
    if (!taken.has(bit)) return { ...mask, planes: new Map([...mask.planes, [name, bit]]) };
  }
  throw new AlmagestError("IMAGES.MASK_FULL", `No free bit for mask plane ${name}: a mask has 32 planes.`, {
    fields: { name },
  });
}
