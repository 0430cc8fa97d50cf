import type { Attempt, Failure } from "../core/attempt-state.ts";
import type { Message } from "../core/settle.ts";
import type { Commit } from "./commit.ts";

/** How long an attempt may be silent in each status before it is given up, in milliseconds. */
export interface SilenceLimits {
  readonly sentMs: number;
  readonly runningMs: number;
  readonly holdingMs: number;
}

/** PanDA's defaults: sent 30 minutes, running 2 hours, holding 48 hours. */
export const DEFAULT_SILENCE_LIMITS: SilenceLimits = {
  sentMs: 1_800_000,
  runningMs: 7_200_000,
  holdingMs: 172_800_000,
};

/** So many are given up in one commit at most, so that none takes long. */
export const SWEEP_PER_COMMIT = 1000;

const NEVER_BEGAN: Failure = {
  source: "jobdispatcher",
  code: 101,
  text: "handed out, but no pilot began it",
};
const LOST: Failure = { source: "jobdispatcher", code: 100, text: "lost heartbeat" };
const UNCONFIRMED: Failure = { source: "dataservice", code: 102, text: "outputs were never confirmed" };

/** Why an attempt is given up, or undefined while it may still be heard of. Silence counts from when somebody listened:
 * a manager that was down, or a clock that was put back, costs nobody an attempt. */
function overdue(
  { status, heartbeatMs }: Attempt,
  nowMs: number,
  openedMs: number,
  limits: SilenceLimits,
): Failure | undefined {
  if (status === "activated" || status === "defined" || status === "assigned") return undefined;
  const [limitMs, failure] =
    status === "sent"
      ? [limits.sentMs, NEVER_BEGAN]
      : status === "holding"
        ? [limits.holdingMs, UNCONFIRMED]
        : [limits.runningMs, LOST];
  const sinceMs = heartbeatMs > nowMs ? openedMs : Math.max(heartbeatMs, openedMs);
  return nowMs - sinceMs > limitMs ? failure : undefined;
}

/** Fails attempts that have been silent for too long, at most `SWEEP_PER_COMMIT`; gives their number. */
export async function sweepLost(commit: Commit, limits: SilenceLimits): Promise<number> {
  const { world, nowMs } = commit;
  const messages: Message[] = [];
  for (const attempt of world.live.attempts.values()) {
    const failure = overdue(attempt, nowMs, world.openedMs, limits);
    if (failure === undefined) continue;
    messages.push({ to: "attempt", id: attempt.id, event: { kind: "fail", nowMs, failure } });
    if (messages.length === SWEEP_PER_COMMIT) break;
  }
  await commit.tell(messages);
  return messages.length;
}
