import { checkMove, type TransitionTable } from "./transition-table.ts";

/** Status of a file that a job reads or writes (PanDA's words; inputs begin at `ready`, outputs at `defined`). */
export type FileStatus =
  | "ready"
  | "picked"
  | "defined"
  | "running"
  | "prepared"
  | "finished"
  | "failed"
  | "missing"
  | "lost";

/** Which status of a file may follow which. */
export const FILE_TRANSITIONS: TransitionTable<FileStatus> = {
  ready: ["picked", "missing", "lost"],
  picked: ["ready", "finished", "failed", "missing", "lost"],
  defined: ["running", "prepared", "failed"],
  running: ["defined", "prepared", "finished", "failed"],
  prepared: ["finished", "failed", "defined"],
  finished: ["lost"],
  failed: ["ready", "defined"],
  missing: ["ready"],
  lost: ["ready"],
};

/** What can happen to a file through its job. */
export type FileEvent =
  | "attempt-started"
  | "attempt-returned"
  | "reported"
  | "confirmed"
  | "job-failed"
  | "vanished";

/** A file's next status; what makes no sense for its direction leaves it as it is. */
export function stepFile(direction: "input" | "output", status: FileStatus, event: FileEvent): FileStatus {
  const next = (direction === "input" ? INPUT : OUTPUT)[event];
  if (next === undefined || next === status || !FILE_TRANSITIONS[status].includes(next)) return status;
  checkMove(FILE_TRANSITIONS, "file", status, next);
  return next;
}

const INPUT: Partial<Record<FileEvent, FileStatus>> = {
  "attempt-started": "picked",
  "attempt-returned": "ready",
  confirmed: "finished",
  "job-failed": "failed",
  vanished: "missing",
};

const OUTPUT: Partial<Record<FileEvent, FileStatus>> = {
  "attempt-started": "running",
  "attempt-returned": "defined",
  reported: "prepared",
  confirmed: "finished",
  "job-failed": "failed",
  vanished: "lost",
};
