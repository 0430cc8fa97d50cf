import type { Attempt } from "../core/attempt-state.ts";
import type { Job } from "../core/job-state.ts";
import type { Edge } from "../core/slice.ts";

/** A small world to be checked in every state it can reach. */
export interface Model {
  readonly jobs: number;
  readonly edges: readonly {
    readonly parent: number;
    readonly child: number;
    readonly kind: "success" | "end";
  }[];
  readonly maxAttempts: number;
  /** How often a user may retry a failed job, over the whole run. */
  readonly userRetries: number;
  readonly holdOutputs: boolean;
  /** How often a straggler may be raced, over the whole run; 0 unless told. */
  readonly speculations?: number;
  /** A fault planted to see that the checker sees it. */
  readonly fault?: "forget-children" | "release-early";
}

/** The whole world of a model at one moment. */
export interface ModelState {
  readonly jobs: readonly Job[];
  readonly attempts: readonly Attempt[];
  readonly userRetries: number;
  readonly speculations: number;
  /** Successes of each job so far. */
  readonly successes: readonly number[];
}

/** The world before anything has happened. */
export function createModelState(model: Model): ModelState {
  const jobs = Array.from({ length: model.jobs }, (_, index): Job => {
    const waiting = model.edges.filter(({ child }) => child === index).length;
    const ready = waiting === 0 || model.fault === "release-early";
    return {
      id: index + 1,
      taskId: 1,
      status: ready ? "ready" : "waiting",
      waiting: ready ? 0 : waiting,
      failures: 0,
      tries: 0,
      classId: 1,
      priority: 0,
      attemptId: 0,
      spareId: 0,
    };
  });
  const { userRetries, speculations = 0 } = model;
  return { jobs, attempts: [], userRetries, speculations, successes: jobs.map(() => 0) };
}

/** A job's arrows to its children or to its parents. */
export function edgesOf(model: Model, job: number, side: "child" | "parent"): Edge[] {
  const other = side === "child" ? "parent" : "child";
  return model.edges
    .filter((edge) => edge[other] + 1 === job)
    .map((edge) => ({ job: edge[side] + 1, kind: edge.kind }));
}

/** The attempt that is made for a job, waiting to be handed out. */
export function modelAttempt(model: Model, id: number, job: Job): Attempt {
  return {
    id,
    jobId: job.id,
    nr: job.tries,
    status: "activated",
    queueId: 1,
    priority: 0,
    memoryMb: 1,
    wallSec: 1,
    cores: 1,
    holdOutputs: model.holdOutputs,
    worker: "",
    batchId: "",
    createdMs: 0,
    changedMs: 0,
    heartbeatMs: 0,
    startMs: 0,
    endMs: 0,
    failure: undefined,
    exitCode: undefined,
    maxMemoryKb: 0,
    cpuSec: 0,
  };
}
