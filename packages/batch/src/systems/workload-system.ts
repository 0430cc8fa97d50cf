import type { Submission } from "../submit/submission.ts";
import type { JobStatus } from "./job-state.ts";

/** What a workload system is given besides the submission. */
export interface SystemTools {
  /** Program and first arguments that run one job; the submit folder and the job's name are appended. */
  readonly command: readonly string[];
  /** Program and first arguments that run many jobs by a pilot's line protocol; the submit folder is appended. */
  readonly worker: readonly string[];
  /** Stops waiting; with the local pool, stops the jobs. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (states: readonly JobStatus[]) => void;
}

/** One way to have jobs run. Every method may throw `BATCH.COMMAND_FAILED` or `BATCH.UNSUPPORTED`. */
export interface WorkloadSystem {
  /** Writes what the system needs into the submit folder; gives the files' paths. */
  prepare(submission: Submission, tools: SystemTools): Promise<readonly string[]>;
  /** Hands over every job that has not succeeded; gives the system's name for the submission. */
  submit(submission: Submission, tools: SystemTools): Promise<string>;
  /** Parallel to the workflow's jobs. */
  status(submission: Submission): Promise<readonly JobStatus[]>;
  /** Tries again, with more memory or time, what the machinery failed; true while jobs remain to be watched. */
  advance?(submission: Submission, tools: SystemTools): Promise<boolean>;
  /** Stops all jobs; gives how many were stopped. */
  cancel(submission: Submission): Promise<number>;
  /** Says who answers, such as a version. Throws when nobody does. */
  ping(): Promise<string>;
}
