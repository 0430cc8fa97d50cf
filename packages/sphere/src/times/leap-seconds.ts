/**
 * TAI − UTC in whole seconds from each date on (IERS Bulletin C; no leap second has followed that of the end of 2016). Days
 * before 1972, when UTC ran at other rates, take the first value.
 */
export const LEAP_SECONDS: readonly (readonly [date: string, taiMinusUtcSec: number])[] = [
  ["1972-01-01", 10],
  ["1972-07-01", 11],
  ["1973-01-01", 12],
  ["1974-01-01", 13],
  ["1975-01-01", 14],
  ["1976-01-01", 15],
  ["1977-01-01", 16],
  ["1978-01-01", 17],
  ["1979-01-01", 18],
  ["1980-01-01", 19],
  ["1981-07-01", 20],
  ["1982-07-01", 21],
  ["1983-07-01", 22],
  ["1985-07-01", 23],
  ["1988-01-01", 24],
  ["1990-01-01", 25],
  ["1991-01-01", 26],
  ["1992-07-01", 27],
  ["1993-07-01", 28],
  ["1994-07-01", 29],
  ["1996-01-01", 30],
  ["1997-07-01", 31],
  ["1999-01-01", 32],
  ["2006-01-01", 33],
  ["2009-01-01", 34],
  ["2012-07-01", 35],
  ["2015-07-01", 36],
  ["2017-01-01", 37],
];

/** Day number (since 1970-01-01) from which each value holds, and the value. */
const STEPS: readonly (readonly [day: number, seconds: number])[] = LEAP_SECONDS.map(([date, seconds]) => [
  Date.parse(`${date}T00:00:00Z`) / 86_400_000,
  seconds,
]);

/** TAI − UTC, in seconds, on a UTC day (days since 1970-01-01). */
export function taiMinusUtcSec(utcDay: number): number {
  let value = STEPS[0]![1];
  for (const [day, seconds] of STEPS) {
    if (utcDay < day) break;
    value = seconds;
  }
  return value;
}
