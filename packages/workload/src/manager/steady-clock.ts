import type { Clock } from "@almagest/base";

/** Where a steady clock takes its times from; the machine's unless told. */
export interface TimeSources {
  /** Milliseconds since the epoch, as the machine believes now. */
  readonly wallMs: () => number;
  /** Milliseconds since any moment, never put forward or back. */
  readonly monotonicMs: () => number;
}

/**
 * A clock that is right when made and then goes by the monotonic time: that somebody sets the machine's clock neither
 * makes pilots look silent nor keeps lost ones alive, and no event is logged before one that preceded it.
 */
export function createSteadyClock(
  { wallMs, monotonicMs }: TimeSources = { wallMs: Date.now, monotonicMs: () => performance.now() },
): Clock {
  const offsetMs = wallMs() - monotonicMs();
  return { nowMs: () => Math.floor(monotonicMs() + offsetMs) };
}
