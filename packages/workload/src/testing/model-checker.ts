import { type Attempt, type AttemptEvent, isAttemptOver } from "../core/attempt-state.ts";
import { isJobOver, type Job, stepJob } from "../core/job-state.ts";
import { type Judge, type Message, settle } from "../core/settle.ts";
import { createSlice, type Edge, putAttempt, putJob, type Slice } from "../core/slice.ts";

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

const FAILURE = { source: "pilot", code: 1, text: "x" } as const;

/**
 * Walks every state reachable by any order of: brokerage, dispatch, any report of any attempt ever made (so late,
 * doubled and zombie ones too), lost heartbeats, stragglers raced, returns to brokerage, confirmation, a user's cancel and retry.
 * The transition function is the manager's own `settle`. Throws with a trace when a promise is broken; gives the number of states.
 */
export function checkModel(model: Model): { readonly states: number } {
  const start = createModelState(model);
  const seen = new Map<string, { readonly from: string | undefined; readonly by: string }>();
  const queue: ModelState[] = [start];
  seen.set(key(start), { from: undefined, by: "start" });
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head]!;
    const from = key(state);
    for (const { name: by, next } of modelMoves(model, state)) {
      const to = key(next);
      if (seen.has(to)) continue;
      seen.set(to, { from, by });
      const broken = brokenPromise(model, state, next);
      if (broken !== undefined) throw new Error(`${broken}; ${trace(seen, to)}`);
      queue.push(next);
    }
    queue[head] = undefined as never;
  }
  return { states: seen.size };
}

/**
 * States that cannot be told apart by anything that happens later have one key: the order in which attempts were made
 * and how an ended one ended do not matter (that ended attempts are inert is checked by telling them everything anyway).
 */
function key(state: ModelState): string {
  let text = `${state.userRetries} ${state.speculations}`;
  for (const job of state.jobs) {
    const own = state.attempts.filter(({ jobId }) => jobId === job.id);
    const live = own
      .filter((attempt) => !isAttemptOver(attempt))
      .map(({ id, status }) => status + (id === job.attemptId ? "+" : id === job.spareId ? "*" : "-"))
      .sort();
    const finished = own.filter(({ status }) => status === "finished").length;
    text += `|${job.status} ${job.waiting} ${job.failures} ${job.tries} ${live} ${own.length} ${finished} ${state.successes[job.id - 1]}`;
  }
  return text;
}

function trace(seen: ReadonlyMap<string, { from: string | undefined; by: string }>, last: string): string {
  const steps: string[] = [];
  for (let at: string | undefined = last; at !== undefined; at = seen.get(at)!.from)
    steps.unshift(seen.get(at)!.by);
  return steps.join(" → ");
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

function edgesOf(model: Model, job: number, side: "child" | "parent"): Edge[] {
  const other = side === "child" ? "parent" : "child";
  return model.edges
    .filter((edge) => edge[other] + 1 === job)
    .map((edge) => ({ job: edge[side] + 1, kind: edge.kind }));
}

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

/** The promise that `next` breaks, if any. */
function brokenPromise(model: Model, before: ModelState, next: ModelState): string | undefined {
  for (const job of next.jobs) {
    const live = next.attempts.filter((attempt) => attempt.jobId === job.id && !isAttemptOver(attempt));
    if (next.successes[job.id - 1]! > 1) return `job ${job.id} succeeded twice`;
    if (next.attempts.filter((a) => a.jobId === job.id && a.status === "finished").length > 1) {
      return `job ${job.id} has two finished attempts`;
    }
    const own = [job.attemptId, job.spareId].filter((id) => id !== 0).sort((a, b) => a - b);
    if (own.join() !== live.map(({ id }) => id).join() || (job.status === "active") !== own.length > 0) {
      return `job ${job.id} is ${job.status} with attempts ${own} and live ones ${live.map(({ id }) => id)}`;
    }
    if (live.length === 2 && live.some(({ status }) => status === "holding")) {
      return `job ${job.id} has a rival of an attempt whose outputs are being confirmed`;
    }
    const parents = edgesOf(model, job.id, "parent").map((edge) => ({
      ...edge,
      status: next.jobs[edge.job - 1]!.status,
    }));
    const unsatisfied = parents.filter(({ kind, status }) =>
      kind === "end" ? !isJobOver(status) : status !== "finished",
    );
    const early =
      before.jobs[job.id - 1]!.status === "waiting" || next.attempts.length > before.attempts.length;
    // A final job that was released stays so when a user retries a parent it waited for the end of.
    const barred = unsatisfied.filter(({ kind }) => kind === "success" || early);
    if (["ready", "active", "finished"].includes(job.status)) {
      const assigned = before.jobs[job.id - 1]!.status !== job.status;
      if (
        barred.some(({ kind }) => kind === "success") ||
        (assigned && job.status === "ready" && barred.length > 0)
      ) {
        return `job ${job.id} is ${job.status} before its parent`;
      }
    }
    if (job.status === "waiting") {
      if (job.waiting !== unsatisfied.length)
        return `job ${job.id} counts ${job.waiting} parents, ${unsatisfied.length} are open`;
      if (job.waiting === 0) return `job ${job.id} is stuck`;
      if (
        parents.some(({ kind, status }) => kind === "success" && status !== "finished" && isJobOver(status))
      ) {
        return `job ${job.id} is stuck behind a lost parent`;
      }
    }
  }
  return undefined;
}
