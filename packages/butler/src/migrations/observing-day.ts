const HOUR_NS = 3_600_000_000_000n;
const MS_NS = 1_000_000n;

/** Instruments whose observing day begins at 0 h TAI; that of others begins at 12 h, as at the Rubin Observatory. */
const MIDNIGHT_INSTRUMENTS = ["HSC", "SuprimeCam", "MegaPrime", "MegaCam"];

/** Hours after 0 h TAI at which an instrument's observing day begins. */
export function dayOffsetHours(instrument: string): number {
  return MIDNIGHT_INSTRUMENTS.includes(instrument) ? 0 : 12;
}

/** An observing day (YYYYMMDD) in TAI nanoseconds; undefined where there is no such date. */
export function daySpan(day: number, offsetHours: number): { begin: bigint; end: bigint } | undefined {
  const midnight = Date.UTC(Math.floor(day / 10_000), (Math.floor(day / 100) % 100) - 1, day % 100);
  if (Number.isNaN(midnight)) return undefined;
  const begin = BigInt(midnight) * MS_NS + BigInt(offsetHours) * HOUR_NS;
  return { begin, end: begin + 24n * HOUR_NS };
}

/** The observing day (YYYYMMDD) of a time in TAI nanoseconds. */
export function dayOf(taiNs: bigint, offsetHours: number): number {
  const date = new Date(Number((taiNs - BigInt(offsetHours) * HOUR_NS) / MS_NS));
  return Number(date.toISOString().slice(0, 10).replaceAll("-", ""));
}
