import { sql } from "@almagest/database";
import type { AttemptStatus, Failure } from "../core/attempt-state.ts";
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

const PER_COMMIT = 1000;

/** Fails attempts that have been silent for too long; gives their number. */
export async function sweepLost(commit: Commit, limits: SilenceLimits): Promise<number> {
  const sets: [readonly AttemptStatus[], number, Failure][] = [
    [
      ["sent"],
      limits.sentMs,
      { source: "jobdispatcher", code: 101, text: "handed out, but no pilot began it" },
    ],
    [
      ["starting", "running", "transferring"],
      limits.runningMs,
      { source: "jobdispatcher", code: 100, text: "lost heartbeat" },
    ],
    [
      ["holding"],
      limits.holdingMs,
      { source: "dataservice", code: 102, text: "outputs were never confirmed" },
    ],
  ];
  await commit.flush();
  const messages: Message[] = [];
  for (const [statuses, limitMs, failure] of sets) {
    for (const status of statuses) {
      const rows = await commit.db.rows(sql`SELECT id FROM attempt WHERE status = ${status}
        AND heartbeat_ms < ${commit.nowMs - limitMs} ORDER BY id LIMIT ${PER_COMMIT}`);
      for (const [id] of rows) {
        messages.push({
          to: "attempt",
          id: Number(id),
          event: { kind: "fail", nowMs: commit.nowMs, failure },
        });
      }
    }
  }
  await commit.tell(messages);
  return messages.length;
}
