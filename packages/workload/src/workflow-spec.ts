import type { Json } from "@almagest/base";
import type { ResourceRequest } from "./scheduling/resources.ts";

/** All jobs of one label. */
export interface TaskSpec {
  readonly label: string;
  /** What its jobs ask for; what is not said comes from `DEFAULT_REQUEST`. */
  readonly request?: Partial<ResourceRequest>;
  /** Attempts per job; 3 unless told. */
  readonly maxAttempts?: number;
  /** Higher goes first; 900 unless told (Rubin's default). */
  readonly priority?: number;
  /** Handed to the pilot with every job of the task; opaque here. */
  readonly payload?: Json;
  /** A job counts as finished only when `confirmOutputs` was called for it. */
  readonly holdOutputs?: boolean;
  /** So many jobs run first, the rest when half of them have ended. 0 unless told. */
  readonly scouts?: number;
  /** So many jobs may be active at once; no limit unless told. */
  readonly maxActive?: number;
  /** The group of tasks whose share it is charged to; the group called "" unless told. */
  readonly share?: string;
  /** Whether a job that runs far longer than its label's others is raced by a second attempt; true unless told. */
  readonly speculate?: boolean;
  /** Whether memory and time seen for this label replace what was asked; true unless told. */
  readonly learn?: boolean;
}

/** One node of the graph. Jobs are numbered in the order given, from 0; parents come before their children. */
export interface JobSpec {
  /** Unique in the workflow by the submitter's care; used to find and show it. */
  readonly name: string;
  readonly task: string;
  /** Opaque here. */
  readonly payload?: Json;
  /** Jobs that must have succeeded. */
  readonly parents?: readonly number[];
  /** Jobs that must have ended, whatever the outcome (for a final job). */
  readonly afterEnd?: readonly number[];
  /** Where this job differs from its task. */
  readonly request?: Partial<ResourceRequest>;
}

/** A workflow without its jobs, which follow as a stream. */
export interface WorkflowSpec {
  /** Submitting again under the same key is the same submission, never a second one. */
  readonly key: string;
  readonly name: string;
  readonly owner?: string;
  readonly tasks: readonly TaskSpec[];
  readonly jobCount: number;
}

/** What a submission gave. `created` is false when it had been accepted before. */
export interface SubmitResult {
  readonly workflowId: number;
  /** Id of job 0; job n has `firstJob + n`. */
  readonly firstJob: number;
  readonly created: boolean;
}
