import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "@almagest/base";

/** How long and how often to try again. */
export interface Backoff {
  /** Attempts in all, the first included. */
  readonly attempts: number;
  readonly baseMs: number;
  readonly longestMs: number;
  /** Uniform in [0, 1): spreads the attempts of many clients. */
  readonly random: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/** Six attempts over some ten seconds; the jitter differs between processes. */
export function createBackoff(options: Partial<Backoff> = {}): Backoff {
  const random = createRandom(process.pid);
  return {
    attempts: 6,
    baseMs: 200,
    longestMs: 20_000,
    random: () => random.uniform(),
    wait: (ms) => sleep(ms),
    ...options,
  };
}

/** Milliseconds before attempt `attempt` (1 is the first repetition): full jitter under an exponential bound (Brooker,
 * "Exponential Backoff And Jitter", 2015), never sooner than the server asked. */
export function backoffMs(backoff: Backoff, attempt: number, askedMs = 0): number {
  const bound = Math.min(backoff.longestMs, backoff.baseMs * 2 ** (attempt - 1));
  return Math.max(askedMs, backoff.random() * bound);
}
