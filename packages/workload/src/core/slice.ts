import { type Attempt, LIVE_STATUSES } from "./attempt-state.ts";
import type { Job, JobStatus } from "./job-state.ts";

/** An arrow of the graph. `success`: the child needs the parent's success. `end`: it waits for its end, whatever that is
 * (a workflow's final job). */
export interface Edge {
  readonly job: number;
  readonly kind: "success" | "end";
}

/** One line of the event log: what an attempt (`a`), job (`j`), task (`t`), workflow (`f`), queue (`q`) or worker (`w`)
 * became. */
export interface LogEntry {
  readonly timeMs: number;
  readonly subject: "a" | "j" | "t" | "f" | "q" | "w";
  readonly id: number;
  /** The job that an attempt (or the job itself) is of; 0 for the others. */
  readonly jobId: number;
  readonly what: string;
  readonly detail: string | undefined;
}

/** The part of the world that a commit has read and changed. */
export interface Slice {
  readonly jobs: Map<number, Job>;
  readonly attempts: Map<number, Attempt>;
  readonly children: Map<number, readonly Edge[]>;
  readonly parents: Map<number, readonly Edge[]>;
  readonly changedJobs: Set<number>;
  readonly changedAttempts: Set<number>;
  /** Per task, how many jobs entered (+) or left (−) each status. */
  readonly moves: Map<number, Partial<Record<JobStatus, number>>>;
  /** Per class, how many jobs became (+) or ceased to be (−) ready. */
  readonly readyMoves: Map<number, number>;
  /** Jobs that became ready since the last write, with their class, and those that were ready and are no more. */
  readonly readyIn: Map<number, number>;
  readonly readyOut: Map<number, number>;
  /** Attempts and jobs changed since the copies in memory last followed. */
  readonly freshAttempts: Set<number>;
  readonly freshJobs: Set<number>;
  /** Attempts made since the last write. */
  readonly newAttempts: Set<number>;
  /** Per queue, how many attempts entered (+) or left (−) the waiting and the running. */
  readonly queueMoves: Map<number, { activated: number; running: number }>;
  readonly log: LogEntry[];
}

/** An empty slice. */
export function createSlice(): Slice {
  return {
    jobs: new Map(),
    attempts: new Map(),
    children: new Map(),
    parents: new Map(),
    changedJobs: new Set(),
    changedAttempts: new Set(),
    moves: new Map(),
    readyMoves: new Map(),
    readyIn: new Map(),
    readyOut: new Map(),
    freshAttempts: new Set(),
    freshJobs: new Set(),
    newAttempts: new Set(),
    queueMoves: new Map(),
    log: [],
  };
}

/** Rows that must be in the slice before the settling can go on; the driver fills them in. */
export interface Need {
  readonly jobs: readonly number[];
  readonly attempts: readonly number[];
  readonly childrenOf: readonly number[];
  readonly parentsOf: readonly number[];
}

function add<K>(map: Map<K, number>, key: K, change: number): void {
  map.set(key, (map.get(key) ?? 0) + change);
}

/** Puts a job's new state in the slice and books the move. */
export function putJob(slice: Slice, before: Job, after: Job): void {
  slice.jobs.set(after.id, after);
  slice.changedJobs.add(after.id);
  slice.freshJobs.add(after.id);
  if (before.status !== after.status) {
    const moves = slice.moves.get(after.taskId) ?? {};
    moves[before.status] = (moves[before.status] ?? 0) - 1;
    moves[after.status] = (moves[after.status] ?? 0) + 1;
    slice.moves.set(after.taskId, moves);
  }
  if (before.status === "ready") {
    add(slice.readyMoves, before.classId, -1);
    if (!slice.readyIn.delete(before.id)) slice.readyOut.set(before.id, before.classId);
  }
  if (after.status === "ready") {
    add(slice.readyMoves, after.classId, 1);
    if (slice.readyOut.get(after.id) === after.classId) slice.readyOut.delete(after.id);
    else slice.readyIn.set(after.id, after.classId);
  }
}

/** Puts an attempt's new state in the slice and books what its queue lost and gained; `before` is absent for a new one. */
export function putAttempt(slice: Slice, before: Attempt | undefined, after: Attempt): void {
  slice.attempts.set(after.id, after);
  slice.changedAttempts.add(after.id);
  slice.freshAttempts.add(after.id);
  if (before === undefined) slice.newAttempts.add(after.id);
  if (before?.status === after.status) return;
  const moves = slice.queueMoves.get(after.queueId) ?? { activated: 0, running: 0 };
  if (before !== undefined) bookAttempt(moves, before, -1);
  bookAttempt(moves, after, 1);
  slice.queueMoves.set(after.queueId, moves);
}

function bookAttempt(moves: { activated: number; running: number }, attempt: Attempt, change: number): void {
  if (attempt.status === "activated") moves.activated += change;
  else if (LIVE_STATUSES.includes(attempt.status)) moves.running += change;
}
