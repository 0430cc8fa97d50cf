import { invariant } from "@almagest/base";
import {
  type Attempt,
  type AttemptEvent,
  type Failure,
  isAttemptOver,
  type ReportVerdict,
  stepAttempt,
} from "./attempt-state.ts";
import { isJobOver, type Job, type JobEvent, stepJob } from "./job-state.ts";
import { type Need, putAttempt, putJob, type Slice } from "./slice.ts";

/** A word to an attempt, to a job, or to all children of a job. */
export type Message =
  | { readonly to: "attempt"; readonly id: number; readonly event: AttemptEvent }
  | { readonly to: "job"; readonly id: number; readonly event: JobEvent }
  | { readonly to: "children"; readonly id: number; readonly outcome: "succeeded" | "lost" | "revived" }
  | { readonly to: "recount"; readonly id: number };

/** What the settling asks of the scheduler. */
export interface Judge {
  /** The resource class to try again in, or undefined when the job has failed for good. */
  retryAs(job: Job, attempt: Attempt, failure: Failure): number | undefined;
  /** Takes a good attempt's measured memory and time. */
  learn(job: Job, attempt: Attempt): void;
  /** Any attempt has ended, in whatever way. */
  ended(attempt: Attempt): void;
}

/** What became of the first messages, one verdict each (only a report to an attempt can be refused). */
export type Verdicts = readonly ReportVerdict[];

/**
 * Carries messages through attempts, jobs and the graph until nothing is left to say. This generator is the whole
 * transition function of the manager: it yields the rows it needs and a driver puts them in the slice (from the
 * database in one transaction, or from memory when the model checker runs it), so nothing here knows of I/O.
 */
export function* settle(
  slice: Slice,
  messages: readonly Message[],
  judge: Judge,
  nowMs: number,
): Generator<Need, Verdicts, void> {
  const verdicts: ReportVerdict[] = [];
  let round: readonly Message[] = messages;
  for (let first = true; round.length > 0; first = false) {
    yield* load(slice, round);
    const next: Message[] = [];
    for (const message of round) {
      const verdict = deliver(slice, message, judge, nowMs, next);
      if (first) verdicts.push(verdict);
    }
    round = next;
  }
  return verdicts;
}

function deliver(
  slice: Slice,
  message: Message,
  judge: Judge,
  nowMs: number,
  next: Message[],
): ReportVerdict {
  switch (message.to) {
    case "attempt":
      return tellAttempt(slice, message.id, message.event, judge, next);
    case "job":
      tellJob(slice, message.id, message.event, nowMs, next);
      return "taken";
    case "children":
      for (const edge of slice.children.get(message.id) ?? []) {
        if (message.outcome === "revived") next.push({ to: "recount", id: edge.job });
        else {
          const lost = message.outcome === "lost" && edge.kind === "success";
          next.push({ to: "job", id: edge.job, event: { kind: lost ? "parent-lost" : "parent-satisfied" } });
        }
      }
      return "taken";
    case "recount":
      tellJob(slice, message.id, recount(slice, message.id), nowMs, next);
      return "taken";
  }
}

function tellAttempt(
  slice: Slice,
  id: number,
  event: AttemptEvent,
  judge: Judge,
  next: Message[],
): ReportVerdict {
  const before = slice.attempts.get(id);
  if (before === undefined) return "alreadydone";
  const { state, commands, verdict } = stepAttempt(before, event);
  if (state !== before) putAttempt(slice, before, state);
  if (state.status !== before.status) {
    const detail = state.status === "sent" ? state.worker : describeFailure(state.failure);
    slice.log.push({ timeMs: event.nowMs, subject: "a", id, jobId: state.jobId, what: state.status, detail });
  }
  if (!isAttemptOver(before) && isAttemptOver(state)) judge.ended(state);
  for (const command of commands) {
    const job = slice.jobs.get(state.jobId)!;
    if (command.kind === "tell-job") next.push({ to: "job", id: job.id, event: command.event });
    else if (command.kind === "learn") judge.learn(job, state);
    else {
      const retryAs = judge.retryAs(job, state, command.failure);
      next.push({ to: "job", id: job.id, event: { kind: "attempt-failed", attemptId: id, retryAs } });
    }
  }
  return verdict;
}

function describeFailure(failure: Failure | undefined): string | undefined {
  return failure === undefined ? undefined : `${failure.source}:${failure.code} ${failure.text}`;
}

function tellJob(slice: Slice, id: number, event: JobEvent, nowMs: number, next: Message[]): void {
  const before = slice.jobs.get(id);
  invariant(before !== undefined, `job ${id} is not in the slice`);
  const { state, commands } = stepJob(before, event);
  if (state !== before) putJob(slice, before, state);
  // Success and release follow from the attempt's own line and the graph; the log keeps what does not.
  if (
    state.status !== before.status &&
    (["failed", "pruned", "cancelled"].includes(state.status) || event.kind === "retry")
  ) {
    slice.log.push({
      timeMs: nowMs,
      subject: "j",
      id,
      jobId: id,
      what: event.kind === "retry" ? "retry" : state.status,
      detail: undefined,
    });
  }
  for (const command of commands) {
    if (command.kind === "tell-children") next.push({ to: "children", id, outcome: command.outcome });
    else next.push({ to: "attempt", id: command.attemptId, event: { kind: "kill", nowMs } });
  }
}

/** Counts a job's unsatisfied parents anew. */
function recount(slice: Slice, id: number): JobEvent {
  let waiting = 0;
  let lost = false;
  for (const { job, kind } of slice.parents.get(id) ?? []) {
    const { status } = slice.jobs.get(job)!;
    if (kind === "end") waiting += isJobOver(status) ? 0 : 1;
    else if (status !== "finished") {
      waiting++;
      lost ||= isJobOver(status);
    }
  }
  return { kind: "recount", waiting, lost };
}

/** Asks for the rows that a round of messages touches: edges first, then attempts, then jobs. */
function* load(slice: Slice, round: readonly Message[]): Generator<Need, void, void> {
  const missing = (ids: Iterable<number>, held: ReadonlyMap<number, unknown>): number[] =>
    [...new Set(ids)].filter((id) => !held.has(id));
  const attempts = missing(idsOf(round, "attempt"), slice.attempts);
  const childrenOf = missing(idsOf(round, "children"), slice.children);
  const parentsOf = missing(idsOf(round, "recount"), slice.parents);
  if (attempts.length + childrenOf.length + parentsOf.length > 0) {
    yield { jobs: [], attempts, childrenOf, parentsOf };
  }
  const touched: number[] = [];
  for (const message of round) {
    if (message.to === "job" || message.to === "recount") touched.push(message.id);
    if (message.to === "attempt") {
      const attempt = slice.attempts.get(message.id);
      if (attempt !== undefined) touched.push(attempt.jobId);
    }
    if (message.to === "recount")
      for (const edge of slice.parents.get(message.id) ?? []) touched.push(edge.job);
  }
  const jobs = missing(touched, slice.jobs);
  if (jobs.length > 0) yield { jobs, attempts: [], childrenOf: [], parentsOf: [] };
}

function idsOf(round: readonly Message[], to: Message["to"]): number[] {
  return round.filter((message) => message.to === to).map((message) => message.id);
}
