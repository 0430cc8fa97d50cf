import type { JobStatus } from "./job-state.ts";
import { checkMove, type TransitionTable } from "./transition-table.ts";

/** Status of a task: all jobs of one label in a workflow. The words are JEDI's; those of its inner agents are left out. */
export type TaskStatus =
  | "registered"
  | "ready"
  | "scouting"
  | "running"
  | "paused"
  | "aborting"
  | "finishing"
  | "done"
  | "finished"
  | "failed"
  | "aborted";

/** Which status of a task may follow which; a final one is left only by a user's retry. */
export const TASK_TRANSITIONS: TransitionTable<TaskStatus> = {
  registered: ["ready", "aborting", "aborted"],
  ready: ["scouting", "running", "paused", "aborting", "finishing", "done", "finished", "failed", "aborted"],
  scouting: ["running", "paused", "aborting", "finishing", "done", "finished", "failed"],
  running: ["paused", "aborting", "finishing", "done", "finished", "failed"],
  paused: ["ready", "scouting", "running", "aborting", "finishing", "done", "finished", "failed"],
  aborting: ["aborted"],
  finishing: ["done", "finished", "failed", "aborted"],
  done: [],
  finished: ["ready"],
  failed: ["ready"],
  aborted: [],
};

/** How many jobs of a task are in each status. */
export type JobCounts = Readonly<Record<JobStatus, number>>;

/** A task as the state machine sees it. */
export interface TaskState {
  readonly status: TaskStatus;
  /** What it was before it was paused. */
  readonly before: TaskStatus | undefined;
  readonly counts: JobCounts;
  /** So many jobs run first; the rest wait until they have ended. 0: none. */
  readonly scouts: number;
}

/** What can happen to a task. */
export type TaskEvent =
  | { readonly kind: "sealed" }
  | { readonly kind: "jobs-moved"; readonly changes: Readonly<Partial<Record<JobStatus, number>>> }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  | { readonly kind: "kill" }
  | { readonly kind: "finish" };

/** A task's next state; `cancel-jobs` asks that every job not yet ended (with `soft`: not yet active) be cancelled. */
export interface TaskStep {
  readonly state: TaskState;
  readonly commands: readonly { readonly kind: "cancel-jobs"; readonly soft: boolean }[];
}

/** No jobs at all. */
export const NO_JOBS: JobCounts = {
  waiting: 0,
  ready: 0,
  active: 0,
  finished: 0,
  failed: 0,
  pruned: 0,
  cancelled: 0,
};

/** True for a task whose jobs may be brokered. */
export function isTaskOpen(status: TaskStatus): boolean {
  return status === "ready" || status === "scouting" || status === "running";
}

/** How many more jobs a task may have active now: all, or while scouting only what the scouts leave. */
export function roomForScouts(task: TaskState): number {
  if (task.scouts === 0) return Number.POSITIVE_INFINITY;
  const { active, finished, failed } = task.counts;
  const ended = finished + failed;
  // Half of the scouts tell enough (PanDA looks at the same point).
  return ended * 2 >= task.scouts ? Number.POSITIVE_INFINITY : Math.max(0, task.scouts - active - ended);
}

function verdict(counts: JobCounts): TaskStatus {
  if (counts.failed + counts.pruned + counts.cancelled === 0) return "done";
  return counts.finished > 0 ? "finished" : "failed";
}

/** The status that follows from the counts alone. */
function settleStatus(task: TaskState): TaskState {
  const { counts, status } = task;
  const open = counts.waiting + counts.ready + counts.active;
  const over = status === "done" || status === "finished" || status === "failed";
  let next: TaskStatus = status;
  if (status === "registered" || status === "aborted") return task;
  if (over) next = open > 0 && status !== "done" ? "ready" : status;
  else if (open === 0) next = status === "aborting" ? "aborted" : verdict(counts);
  else if (isTaskOpen(status) && counts.active + counts.finished + counts.failed > 0) {
    next = roomForScouts(task) === Number.POSITIVE_INFINITY ? "running" : "scouting";
  }
  // A retry may widen an open task again; it never goes back to scouting once it ran.
  if (status === "running" && next === "scouting") next = "running";
  checkMove(TASK_TRANSITIONS, "task", status, next);
  return next === status ? task : { ...task, status: next };
}

/** One step of a task. A command that its status does not allow leaves the same object as state. */
export function stepTask(task: TaskState, event: TaskEvent): TaskStep {
  const to = (status: TaskStatus, before?: TaskStatus): TaskState => {
    checkMove(TASK_TRANSITIONS, "task", task.status, status);
    return settleStatus({ ...task, status, before });
  };
  const same: TaskStep = { state: task, commands: [] };
  switch (event.kind) {
    case "sealed":
      return task.status === "registered" ? { state: to("ready"), commands: [] } : same;
    case "jobs-moved": {
      const counts = { ...task.counts };
      for (const [status, change] of Object.entries(event.changes)) counts[status as JobStatus] += change;
      return { state: settleStatus({ ...task, counts }), commands: [] };
    }
    case "pause":
      return isTaskOpen(task.status) ? { state: to("paused", task.status), commands: [] } : same;
    case "resume":
      return task.status === "paused" ? { state: to(task.before ?? "ready"), commands: [] } : same;
    case "kill":
    case "finish": {
      const next = event.kind === "kill" ? "aborting" : "finishing";
      if (!TASK_TRANSITIONS[task.status].includes(next)) return same;
      return { state: to(next), commands: [{ kind: "cancel-jobs", soft: event.kind === "finish" }] };
    }
  }
}
