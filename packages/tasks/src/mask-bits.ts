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

/** The bits of the named planes together; names that the mask does not have count nothing. */
export function bitsOf(names: readonly string[], planes: ReadonlyMap<string, number>): number {
  return names.reduce((bits, name) => {
    const bit = planes.get(name);
    return bit === undefined ? bits : bits | (1 << bit);
  }, 0);
}
