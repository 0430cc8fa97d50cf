/** Latest storable time: TAI nanoseconds since 1970-01-01 TAI at the start of 2100. */
export const TIME_MAX = 4_102_444_800_000_000_000n;
/** Earliest storable time. */
export const TIME_MIN = 0n;
