import { type AttemptEvent, isAttemptOver } from "../core/attempt-state.ts";
import { type Job, stepJob } from "../core/job-state.ts";
import { type Judge, type Message, settle } from "../core/settle.ts";
import { createSlice, putAttempt, putJob, type Slice } from "../core/slice.ts";
import { edgesOf, type Model, type ModelState, modelAttempt } from "./model-state.ts";

const FAILURE = { source: "pilot", code: 1, text: "x" } as const;

/** The state as a full slice: nothing will have to be loaded but edges. */
function toSlice(state: ModelState): Slice {
  const slice = createSlice();
  for (const job of state.jobs) slice.jobs.set(job.id, job);
  for (const attempt of state.attempts) slice.attempts.set(attempt.id, attempt);
  return slice;
}

/** What is left of a model's budgets. */
type Budget = Pick<ModelState, "userRetries" | "speculations">;

function fromSlice(
  state: ModelState,
  slice: Slice,
  { userRetries, speculations }: Budget = state,
): ModelState {
  const jobs = [...slice.jobs.values()].sort((a, b) => a.id - b.id);
  const successes = jobs.map((job, index) =>
    job.status === "finished" && state.jobs[index]!.status !== "finished"
      ? state.successes[index]! + 1
      : state.successes[index]!,
  );
  const attempts = [...slice.attempts.values()].sort((a, b) => a.id - b.id);
  return { jobs, attempts, userRetries, speculations, successes };
}

/** The model's scheduler: a failed job is tried again until its attempts are used up. */
export function modelJudge(model: Model): Judge {
  return {
    retryAs: (job) => (job.failures + 1 < model.maxAttempts ? job.classId : undefined),
    learn: () => {},
    ended: () => {},
  };
}

function tellMove(
  model: Model,
  state: ModelState,
  name: string,
  message: Message,
  budget?: Budget,
): ModelMove {
  return { name, act: { kind: "tell", message }, next: tell(model, state, message, budget) };
}

function assignMove(model: Model, state: ModelState, job: Job, kind: "assign" | "speculate"): ModelMove {
  return { name: `${kind} ${job.id}`, act: { kind, jobId: job.id }, next: assign(model, state, job, kind) };
}

function tell(model: Model, state: ModelState, message: Message, budget?: Budget): ModelState {
  const slice = toSlice(state);
  const steps = settle(slice, [message], modelJudge(model), 0);
  for (let step = steps.next(); !step.done; step = steps.next()) {
    for (const id of step.value.childrenOf) {
      slice.children.set(id, model.fault === "forget-children" ? [] : edgesOf(model, id, "child"));
    }
    for (const id of step.value.parentsOf) slice.parents.set(id, edgesOf(model, id, "parent"));
  }
  return fromSlice(state, slice, budget);
}

function assign(model: Model, state: ModelState, job: Job, kind: "assign" | "speculate"): ModelState {
  const slice = toSlice(state);
  const id = state.attempts.length + 1;
  const after = stepJob(job, { kind, attemptId: id }).state;
  putJob(slice, job, after);
  putAttempt(slice, undefined, modelAttempt(model, id, after));
  const spent = kind === "speculate" ? 1 : 0;
  return fromSlice(state, slice, { ...state, speculations: state.speculations - spent });
}

/** What is done in one move, so that it can be done elsewhere too (in a database). */
export type ModelAct =
  | { readonly kind: "assign" | "speculate"; readonly jobId: number }
  | { readonly kind: "tell"; readonly message: Message };

/** One thing that may happen now, and the world after it. */
export interface ModelMove {
  readonly name: string;
  readonly act: ModelAct;
  readonly next: ModelState;
}

/** Everything that may happen in a state. */
export function* modelMoves(model: Model, state: ModelState): Generator<ModelMove> {
  for (const job of state.jobs) {
    if (
      job.status === "ready" &&
      job.tries < model.maxAttempts + model.userRetries + (model.speculations ?? 0)
    ) {
      yield assignMove(model, state, job, "assign");
    }
    const held = state.attempts[job.attemptId - 1]?.status === "holding";
    if (job.status === "active" && job.spareId === 0 && !held && state.speculations > 0) {
      yield assignMove(model, state, job, "speculate");
    }
    const cancel: Message = { to: "job", id: job.id, event: { kind: "cancel" } };
    yield tellMove(model, state, `cancel ${job.id}`, cancel);
    if (job.status === "failed" && state.userRetries > 0) {
      const retry: Message = { to: "job", id: job.id, event: { kind: "retry" } };
      yield tellMove(model, state, `retry ${job.id}`, retry, {
        ...state,
        userRetries: state.userRetries - 1,
      });
    }
  }
  const zombies = new Set<number>();
  for (const attempt of state.attempts) {
    const { id, jobId } = attempt;
    // One ended attempt of a job is like another.
    if (isAttemptOver(attempt) && (zombies.has(jobId) || zombies.add(jobId).size === 0)) continue;
    for (const [name, event] of attemptEvents()) {
      yield tellMove(model, state, `${name} ${id}`, { to: "attempt", id, event });
    }
  }
}

function attemptEvents(): readonly (readonly [string, AttemptEvent])[] {
  const report = (status: "running" | "finished" | "failed"): AttemptEvent => ({
    kind: "report",
    nowMs: 0,
    report: { status, failure: FAILURE },
  });
  return [
    ["dispatch", { kind: "dispatch", nowMs: 0, worker: "w" }],
    ["running", report("running")],
    ["finished", report("finished")],
    ["failed", report("failed")],
    ["silent", { kind: "fail", nowMs: 0, failure: FAILURE }],
    ["close", { kind: "close", nowMs: 0 }],
    ["confirm", { kind: "confirm", nowMs: 0 }],
  ];
}
