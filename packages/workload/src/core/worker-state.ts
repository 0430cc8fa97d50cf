import { checkMove, type TransitionTable } from "./transition-table.ts";

/** Status of a worker: one batch job, process or pod that runs a pilot. The words are Harvester's. */
export type WorkerStatus =
  | "pending"
  | "submitted"
  | "running"
  | "idle"
  | "finished"
  | "failed"
  | "cancelled"
  | "missed";

/** Which status of a worker may follow which. */
export const WORKER_TRANSITIONS: TransitionTable<WorkerStatus> = {
  pending: ["submitted", "running", "idle", "finished", "failed", "cancelled", "missed"],
  submitted: ["running", "idle", "finished", "failed", "cancelled", "missed"],
  running: ["idle", "finished", "failed", "cancelled"],
  idle: ["running", "finished", "failed", "cancelled"],
  finished: [],
  failed: [],
  cancelled: [],
  missed: [],
};

/** A worker as a harvester knows it. */
export interface Worker {
  readonly id: number;
  readonly harvester: string;
  readonly queueId: number;
  /** What the batch system calls it; empty until it was submitted. */
  readonly batchId: string;
  readonly status: WorkerStatus;
  readonly createdMs: number;
  readonly changedMs: number;
  readonly text: string;
}

/** What can happen to a worker. */
export type WorkerEvent =
  | { readonly kind: "submitted"; readonly batchId: string; readonly nowMs: number }
  | { readonly kind: "seen"; readonly status: WorkerStatus; readonly text?: string; readonly nowMs: number };

/** One step of a worker; a batch system that contradicts an end already seen is not believed. A worker that left the
 * batch system before it ran is `missed` when the plugin says so, `failed` or `finished` otherwise. */
export function stepWorker(worker: Worker, event: WorkerEvent): Worker {
  if (WORKER_TRANSITIONS[worker.status].length === 0) return worker;
  const move = (status: WorkerStatus, changes: Partial<Worker>): Worker => {
    if (status === worker.status) return worker;
    checkMove(WORKER_TRANSITIONS, "worker", worker.status, status);
    return { ...worker, ...changes, status, changedMs: event.nowMs };
  };
  switch (event.kind) {
    case "submitted":
      // A pilot may have called home before its batch system answered.
      return worker.status === "pending"
        ? move("submitted", { batchId: event.batchId })
        : { ...worker, batchId: event.batchId };
    case "seen":
      // Why it still waits may change.
      if (event.status === worker.status && event.text) {
        return event.text === worker.text ? worker : { ...worker, text: event.text };
      }
      // A poll may be older than what the pilot itself said.
      if (!WORKER_TRANSITIONS[worker.status].includes(event.status)) return worker;
      return move(event.status, { text: event.text ?? worker.text });
  }
}
