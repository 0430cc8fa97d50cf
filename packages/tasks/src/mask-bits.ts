/** Mask bits (1 << bit number) of the standard planes that these tasks set or read. */
export const BAD = 1 << 0;
export const SAT = 1 << 1;
export const INTRP = 1 << 2;
export const CR = 1 << 3;
export const EDGE = 1 << 4;
export const SUSPECT = 1 << 7;
export const NO_DATA = 1 << 8;
export const CROSSTALK = 1 << 9;
export const UNMASKEDNAN = 1 << 11;
export const CLIPPED = 1 << 12;
export const INEXACT_PSF = 1 << 13;
export const REJECTED = 1 << 14;
export const SENSOR_EDGE = 1 << 15;

/** Bit numbers of the standard mask planes by name. */
export const standardPlanes: ReadonlyMap<string, number> = new Map([
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

/** The bits of the named planes together; names that the mask does not have count nothing. */
export function bitsOf(names: readonly string[], planes: ReadonlyMap<string, number>): number {
  return names.reduce((bits, name) => {
    const bit = planes.get(name);
    return bit === undefined ? bits : bits | (1 << bit);
  }, 0);
}
