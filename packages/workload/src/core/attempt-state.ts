import type { JobEvent } from "./job-state.ts";
import { checkMove, isFinal, type TransitionTable } from "./transition-table.ts";

/** Status of one attempt at a job; the words are PanDA's job states, and never go back. */
export type AttemptStatus =
  | "defined"
  | "assigned"
  | "activated"
  | "sent"
  | "starting"
  | "running"
  | "holding"
  | "transferring"
  | "finished"
  | "failed"
  | "cancelled"
  | "closed";

/** Which status of an attempt may follow which. */
export const ATTEMPT_TRANSITIONS: TransitionTable<AttemptStatus> = {
  defined: ["assigned", "activated", "cancelled", "closed"],
  assigned: ["activated", "failed", "cancelled", "closed"],
  activated: ["sent", "failed", "cancelled", "closed"],
  sent: ["starting", "running", "holding", "finished", "failed", "cancelled", "closed"],
  starting: ["running", "transferring", "holding", "finished", "failed", "cancelled"],
  running: ["transferring", "holding", "finished", "failed", "cancelled"],
  transferring: ["holding", "finished", "failed", "cancelled"],
  holding: ["finished", "failed", "cancelled"],
  finished: [],
  failed: [],
  cancelled: [],
  closed: [],
};

/** An attempt that a pilot has: its heartbeat is watched. */
export const LIVE_STATUSES: readonly AttemptStatus[] = [
  "sent",
  "starting",
  "running",
  "transferring",
  "holding",
];

/** Why an attempt failed: which of PanDA's components says so, its code, and the text. */
export interface Failure {
  readonly source:
    | "brokerage"
    | "dataservice"
    | "executor"
    | "jobdispatcher"
    | "pilot"
    | "taskbuffer"
    | "transform"
    | "supervisor";
  readonly code: number;
  readonly text: string;
}

/** What an attempt used, as its pilot measured. */
export interface Usage {
  /** Highest memory of the whole process tree, kB. */
  readonly maxMemoryKb?: number;
  readonly cpuSec?: number;
}

/** One attempt at a job. */
export interface Attempt {
  readonly id: number;
  readonly jobId: number;
  /** 1 for a job's first attempt. */
  readonly nr: number;
  readonly status: AttemptStatus;
  readonly queueId: number;
  readonly priority: number;
  readonly memoryMb: number;
  readonly wallSec: number;
  readonly cores: number;
  /** Outputs are confirmed by someone else (an ingest) before it counts as finished. */
  readonly holdOutputs: boolean;
  /** Who runs it, in the words of the pilot; empty before it is sent. */
  readonly worker: string;
  readonly batchId: string;
  readonly createdMs: number;
  readonly changedMs: number;
  readonly heartbeatMs: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly failure: Failure | undefined;
  readonly exitCode: number | undefined;
  readonly maxMemoryKb: number;
  readonly cpuSec: number;
}

/** What a pilot says about an attempt. */
export interface AttemptReport extends Usage {
  readonly status: "starting" | "running" | "transferring" | "finished" | "failed" | "cancelled" | "closed";
  /** Refused when it is not the attempt's own number. */
  readonly nr?: number;
  readonly batchId?: string;
  readonly failure?: Failure;
  readonly exitCode?: number;
}

/** What can happen to an attempt. */
export type AttemptEvent =
  | { readonly kind: "activate"; readonly nowMs: number }
  | { readonly kind: "dispatch"; readonly nowMs: number; readonly worker: string }
  | { readonly kind: "report"; readonly nowMs: number; readonly report: AttemptReport }
  | { readonly kind: "confirm"; readonly nowMs: number }
  | { readonly kind: "fail"; readonly nowMs: number; readonly failure: Failure }
  | { readonly kind: "close"; readonly nowMs: number }
  | { readonly kind: "kill"; readonly nowMs: number };

/** What becomes of a pilot's report: taken, or ignored and why. */
export type ReportVerdict = "taken" | "badattemptnr" | "alreadydone" | "otherbatch";

/** What an attempt's step asks for. */
export type AttemptCommand =
  | { readonly kind: "tell-job"; readonly event: Exclude<JobEvent, { kind: "attempt-failed" }> }
  /** The job must be told once the retry rules have spoken. */
  | { readonly kind: "judge-failure"; readonly failure: Failure }
  /** Only now are the attempt's measured memory and time good to learn from. */
  | { readonly kind: "learn" };

/** An attempt's next state, what must happen in the same commit, and the verdict on a report. */
export interface AttemptStep {
  readonly state: Attempt;
  readonly commands: readonly AttemptCommand[];
  readonly verdict: ReportVerdict;
}

const NONE: readonly AttemptCommand[] = [];

/** True when the attempt has ended. */
export function isAttemptOver(attempt: Attempt): boolean {
  return isFinal(ATTEMPT_TRANSITIONS, attempt.status);
}

function end(
  attempt: Attempt,
  status: AttemptStatus,
  nowMs: number,
  commands: readonly AttemptCommand[],
): AttemptStep {
  checkMove(ATTEMPT_TRANSITIONS, "job attempt", attempt.status, status);
  const state = { ...attempt, status, changedMs: nowMs, endMs: nowMs };
  return { state, commands, verdict: "taken" };
}

function succeed(attempt: Attempt, nowMs: number): AttemptStep {
  return end(attempt, "finished", nowMs, [
    { kind: "tell-job", event: { kind: "attempt-succeeded", attemptId: attempt.id } },
    { kind: "learn" },
  ]);
}

function fail(attempt: Attempt, nowMs: number, failure: Failure): AttemptStep {
  return end({ ...attempt, failure }, "failed", nowMs, [{ kind: "judge-failure", failure }]);
}

/** The order in which a pilot's words may come; an earlier word after a later one is only a heartbeat. */
const RANK: Partial<Record<AttemptStatus, number>> = {
  sent: 0,
  starting: 1,
  running: 2,
  transferring: 3,
  holding: 4,
};

function stepReport(attempt: Attempt, report: AttemptReport, nowMs: number): AttemptStep {
  const ignored = (verdict: ReportVerdict): AttemptStep => ({ state: attempt, commands: NONE, verdict });
  if (report.nr !== undefined && report.nr !== attempt.nr) return ignored("badattemptnr");
  if (isAttemptOver(attempt)) return ignored("alreadydone");
  if (report.batchId && attempt.batchId && report.batchId !== attempt.batchId) return ignored("otherbatch");
  const measured: Attempt = {
    ...attempt,
    heartbeatMs: nowMs,
    batchId: report.batchId || attempt.batchId,
    maxMemoryKb: Math.max(attempt.maxMemoryKb, report.maxMemoryKb ?? 0),
    cpuSec: Math.max(attempt.cpuSec, report.cpuSec ?? 0),
    exitCode: report.exitCode ?? attempt.exitCode,
    // Whoever reports has begun; a pilot that only reports the end began when it took the job.
    startMs: attempt.startMs === 0 && report.status !== "starting" ? attempt.changedMs : attempt.startMs,
  };
  const beat: AttemptStep = { state: measured, commands: NONE, verdict: "taken" };
  // Once its outputs are being confirmed, a pilot's further words change nothing.
  if (attempt.status === "holding") return beat;
  // Only what was handed out can be reported on; a report before that is a confused pilot's.
  if (!(attempt.status in RANK)) return ignored("alreadydone");
  switch (report.status) {
    case "finished":
      return attempt.holdOutputs
        ? {
            state: { ...measured, status: "holding", changedMs: nowMs },
            commands: [{ kind: "tell-job", event: { kind: "attempt-held", attemptId: attempt.id } }],
            verdict: "taken",
          }
        : succeed(measured, nowMs);
    case "failed":
      return fail(measured, nowMs, report.failure ?? { source: "pilot", code: 0, text: "no reason given" });
    case "cancelled":
    case "closed":
      return fail(
        measured,
        nowMs,
        report.failure ?? { source: "pilot", code: 1144, text: "given up by the pilot" },
      );
    default: {
      if (RANK[report.status]! <= RANK[attempt.status]!) return beat;
      const startMs = attempt.startMs === 0 ? nowMs : attempt.startMs;
      return {
        state: { ...measured, status: report.status, changedMs: nowMs, startMs },
        commands: NONE,
        verdict: "taken",
      };
    }
  }
}

/** One step of an attempt. Late or stale words leave the same object as state. */
export function stepAttempt(attempt: Attempt, event: AttemptEvent): AttemptStep {
  const same: AttemptStep = { state: attempt, commands: NONE, verdict: "alreadydone" };
  const { nowMs } = event;
  if (event.kind === "report") return stepReport(attempt, event.report, nowMs);
  if (isAttemptOver(attempt)) return same;
  switch (event.kind) {
    case "activate":
      if (attempt.status !== "defined" && attempt.status !== "assigned") return same;
      return {
        state: { ...attempt, status: "activated", changedMs: nowMs },
        commands: NONE,
        verdict: "taken",
      };
    case "dispatch": {
      if (attempt.status !== "activated") return same;
      const sent = { status: "sent", worker: event.worker, changedMs: nowMs, heartbeatMs: nowMs } as const;
      return { state: { ...attempt, ...sent }, commands: NONE, verdict: "taken" };
    }
    case "confirm":
      return attempt.status === "holding" ? succeed(attempt, nowMs) : same;
    case "fail":
      return fail(attempt, nowMs, event.failure);
    case "close": {
      if (!["defined", "assigned", "activated", "sent"].includes(attempt.status)) return same;
      const returned = { kind: "attempt-returned", attemptId: attempt.id } as const;
      return end(attempt, "closed", nowMs, [{ kind: "tell-job", event: returned }]);
    }
    case "kill":
      return end(attempt, "cancelled", nowMs, NONE);
  }
}
