import { checkMove, type TransitionTable } from "./transition-table.ts";

/**
 * Status of a job, one node of a workflow's graph. It lives as long as the workflow; each try to run it is an attempt
 * of its own (what PanDA calls a job, and JEDI's input file stands for ours).
 */
export type JobStatus = "waiting" | "ready" | "active" | "finished" | "failed" | "pruned" | "cancelled";

/** Which status of a job may follow which; `failed` and `pruned` are left only by a user's retry. */
export const JOB_TRANSITIONS: TransitionTable<JobStatus> = {
  waiting: ["ready", "pruned", "cancelled"],
  ready: ["active", "cancelled"],
  active: ["finished", "failed", "ready", "cancelled"],
  finished: [],
  failed: ["ready"],
  pruned: ["waiting", "ready"],
  cancelled: [],
};

/** True for a job that will not change any more unless a user retries it. */
export function isJobOver(status: JobStatus): boolean {
  return status === "finished" || status === "failed" || status === "pruned" || status === "cancelled";
}

/** A job as the state machine sees it. */
export interface Job {
  readonly id: number;
  readonly taskId: number;
  readonly status: JobStatus;
  /** Parents not yet satisfied. */
  readonly waiting: number;
  /** Attempts that count against the task's limit. */
  readonly failures: number;
  /** Attempts ever made; the next one's number is one more. */
  readonly tries: number;
  /** The resource class it is brokered by. */
  readonly classId: number;
  readonly priority: number;
  /** The live attempt, 0 when there is none. */
  readonly attemptId: number;
  /** A second live attempt, made because the first is a straggler; 0 when there is none. Whichever ends well first wins. */
  readonly spareId: number;
}

/** What can happen to a job. */
export type JobEvent =
  | { readonly kind: "parent-satisfied" }
  | { readonly kind: "parent-lost" }
  /** A parent is to run again: `waiting` is the new count, `lost` tells that another parent still bars the way. */
  | { readonly kind: "recount"; readonly waiting: number; readonly lost: boolean }
  | { readonly kind: "assign"; readonly attemptId: number }
  /** The live attempt is a straggler: another one is to race it. */
  | { readonly kind: "speculate"; readonly attemptId: number }
  /** An attempt's payload is done and its outputs are being confirmed: no other may write them any more. */
  | { readonly kind: "attempt-held"; readonly attemptId: number }
  | { readonly kind: "attempt-succeeded"; readonly attemptId: number }
  | { readonly kind: "attempt-failed"; readonly attemptId: number; readonly retryAs: number | undefined }
  | { readonly kind: "attempt-returned"; readonly attemptId: number }
  | { readonly kind: "cancel" }
  | { readonly kind: "retry" };

/** What a job's step asks for: words to its children, or the end of its attempt. */
export type JobCommand =
  | { readonly kind: "tell-children"; readonly outcome: "succeeded" | "lost" | "revived" }
  | { readonly kind: "kill-attempt"; readonly attemptId: number };

/** A job's next state and what must happen in the same commit. */
export interface JobStep {
  readonly state: Job;
  readonly commands: readonly JobCommand[];
}

const NONE: readonly JobCommand[] = [];
const LOST: readonly JobCommand[] = [{ kind: "tell-children", outcome: "lost" }];
const SUCCEEDED: readonly JobCommand[] = [{ kind: "tell-children", outcome: "succeeded" }];
const REVIVED: readonly JobCommand[] = [{ kind: "tell-children", outcome: "revived" }];

function move(job: Job, status: JobStatus, changes: Partial<Job>, commands: readonly JobCommand[]): JobStep {
  checkMove(JOB_TRANSITIONS, "job", job.status, status);
  return { state: { ...job, ...changes, status }, commands };
}

const isLive = (job: Job, attemptId: number): boolean =>
  job.status === "active" && (job.attemptId === attemptId || job.spareId === attemptId);

/** The end of the attempt that raced `attemptId`, if there is one. */
function killRival(job: Job, attemptId: number): readonly JobCommand[] {
  const rival = job.attemptId === attemptId ? job.spareId : job.attemptId;
  return rival === 0 ? NONE : [{ kind: "kill-attempt", attemptId: rival }];
}

/** One of two racing attempts is gone: the other runs on, and nothing counts as a failure yet. */
function drop(job: Job, attemptId: number): JobStep {
  const left = job.attemptId === attemptId ? job.spareId : job.attemptId;
  return { state: { ...job, attemptId: left, spareId: 0 }, commands: NONE };
}

/** One step of a job. An event that no longer matters (of an attempt that is not the live one, of a parent after the
 * job was pruned) leaves the same object as state. Throws `WORKLOAD.TRANSITION` for what can never be. */
export function stepJob(job: Job, event: JobEvent): JobStep {
  const same: JobStep = { state: job, commands: NONE };
  switch (event.kind) {
    case "parent-satisfied": {
      if (job.status !== "waiting") return same;
      const waiting = job.waiting - 1;
      return waiting > 0
        ? { state: { ...job, waiting }, commands: NONE }
        : move(job, "ready", { waiting: 0 }, NONE);
    }
    case "parent-lost":
      return job.status === "waiting" ? move(job, "pruned", {}, LOST) : same;
    case "recount":
      if (job.status === "waiting") return { state: { ...job, waiting: event.waiting }, commands: NONE };
      if (job.status !== "pruned" || event.lost) return same;
      return move(job, event.waiting > 0 ? "waiting" : "ready", { waiting: event.waiting }, REVIVED);
    case "assign":
      return move(job, "active", { attemptId: event.attemptId, tries: job.tries + 1 }, NONE);
    case "speculate":
      if (job.status !== "active" || job.spareId !== 0) return same;
      return { state: { ...job, spareId: event.attemptId, tries: job.tries + 1 }, commands: NONE };
    case "attempt-held":
      if (!isLive(job, event.attemptId) || job.spareId === 0) return same;
      return {
        state: { ...job, attemptId: event.attemptId, spareId: 0 },
        commands: killRival(job, event.attemptId),
      };
    case "attempt-succeeded":
      if (!isLive(job, event.attemptId)) return same;
      return move(job, "finished", { attemptId: 0, spareId: 0 }, [
        ...killRival(job, event.attemptId),
        ...SUCCEEDED,
      ]);
    case "attempt-failed": {
      if (!isLive(job, event.attemptId)) return same;
      if (job.spareId !== 0) return drop(job, event.attemptId);
      const counted = { attemptId: 0, failures: job.failures + 1 };
      return event.retryAs === undefined
        ? move(job, "failed", counted, LOST)
        : move(job, "ready", { ...counted, classId: event.retryAs }, NONE);
    }
    case "attempt-returned":
      if (!isLive(job, event.attemptId)) return same;
      if (job.spareId !== 0) return drop(job, event.attemptId);
      return move(job, "ready", { attemptId: 0 }, NONE);
    case "cancel": {
      if (job.status === "waiting" || job.status === "ready") return move(job, "cancelled", {}, LOST);
      if (job.status !== "active") return same;
      const kill: JobCommand = { kind: "kill-attempt", attemptId: job.attemptId };
      const kills = [kill, ...killRival(job, job.attemptId)];
      return move(job, "cancelled", { attemptId: 0, spareId: 0 }, [...kills, ...LOST]);
    }
    case "retry":
      return job.status === "failed" ? move(job, "ready", { failures: 0 }, REVIVED) : same;
  }
}
