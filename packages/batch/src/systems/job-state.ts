import { isComplete, type JobResult } from "../job/job-result.ts";

/** States of a job, named as in Rubin's reports. PRUNED: all it had to do was blocked by failures before it. */
export const JOB_STATES = [
  "UNKNOWN",
  "MISFIT",
  "UNREADY",
  "READY",
  "PENDING",
  "RUNNING",
  "DELETED",
  "HELD",
  "SUCCEEDED",
  "FAILED",
  "PRUNED",
] as const;

/** State of a job or of a whole submission. */
export type JobState = (typeof JOB_STATES)[number];

/** What is known of one job. */
export interface JobStatus {
  readonly name: string;
  readonly state: JobState;
  /** The workload system's own name for it. */
  readonly id?: string;
  /** How often it was tried again after a failure of the machinery. */
  readonly retries: number;
  /** Why it waits or failed, in the workload system's words. */
  readonly reason?: string;
}

/** The state that a result means: a job is FAILED when a quantum failed, PRUNED when all that is missing was blocked. */
export function stateOfResult(result: JobResult): JobState {
  if (isComplete(result)) return "SUCCEEDED";
  return result.outcomes.includes("failed") ? "FAILED" : "PRUNED";
}

/** True for states that nothing will change. */
export function isFinal(state: JobState): boolean {
  return state === "SUCCEEDED" || state === "FAILED" || state === "PRUNED" || state === "DELETED";
}

/** One state for a submission: what is going on wins over what is done, failure over success. */
export function overallState(states: readonly JobState[]): JobState {
  const order: JobState[] = ["RUNNING", "HELD", "PENDING", "READY", "FAILED", "DELETED", "PRUNED", "UNREADY"];
  if (states.length > 0 && states.every((state) => state === "SUCCEEDED")) return "SUCCEEDED";
  return order.find((state) => states.includes(state)) ?? "UNKNOWN";
}
