import { AlmagestError, type Clock } from "@almagest/base";
import type { Database } from "@almagest/database";
import type { Failure } from "../core/attempt-state.ts";
import type { Worker, WorkerStatus } from "../core/worker-state.ts";
import { renderMetrics } from "../metrics/prometheus-text.ts";
import { worldMetrics } from "../metrics/workload-metrics.ts";
import type { Share } from "../scheduling/facility-shares.ts";
import type { Queue } from "../scheduling/resources.ts";
import type { RetryRule } from "../scheduling/retry-rules.ts";
import {
  type PublishedEvent,
  readEvents,
  readJobEvents,
  readSubscribers,
  type WorkloadEvent,
} from "../store/event-log.ts";
import type { JobSpec, SubmitResult, WorkflowSpec } from "../workflow-spec.ts";
import type { JobOrder, PilotOffer } from "./acquire-jobs.ts";
import { type AttemptStanding, readAttemptStatus } from "./attempt-status.ts";
import { brokerJobs, couldBroker } from "./broker-jobs.ts";
import type { Commit } from "./commit.ts";
import { CommitQueue } from "./commit-queue.ts";
import { checkRetryRules, defineQueue, type QueueSpec, setRetryRules, setShares } from "./configure.ts";
import { controlTask, returnActivated, type TaskCommand } from "./control-tasks.ts";
import { explainJob, type JobExplanation } from "./explain-job.ts";
import { doPeriodicWork } from "./periodic-work.ts";
import {
  confirmOutputs,
  failAttempt,
  type OutputFile,
  type PilotReport,
  type ReportAnswer,
  readOutputs,
  reportAttempt,
} from "./report-attempt.ts";
import { createSteadyClock } from "./steady-clock.ts";
import { submitWorkflow } from "./submit-workflow.ts";
import { acknowledge, subscribe, unsubscribe } from "./subscriptions.ts";
import { DEFAULT_SILENCE_LIMITS, type SilenceLimits } from "./sweep-lost.ts";
import { addWorkers, openWorkers, seeWorker } from "./track-workers.ts";
import { WaitingPilots } from "./waiting-pilots.ts";
import { readWorkflow, type WorkflowStatus } from "./workflow-status.ts";
import type { TaskRecord, World } from "./world.ts";

/** How to open a manager. */
export interface ManagerOptions {
  readonly clock?: Clock;
  readonly silence?: SilenceLimits;
  /** Lines of the event log that are kept at least (by whole partitions on PostgreSQL); 20,000,000 unless told. */
  readonly keepEvents?: number;
  /** Called after every commit with what it logged, in order. */
  readonly listen?: (log: readonly WorkloadEvent[]) => void;
}

/** The workload manager over one database; all changes go through its commits. Open one per database. */
export class WorkloadManager implements AsyncDisposable {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #silence: SilenceLimits;
  readonly #keepEvents: number;
  readonly #commits: CommitQueue;
  readonly #pilots = new WaitingPilots();

  constructor(db: Database, world: World, options: ManagerOptions) {
    this.#db = db;
    this.#clock = options.clock ?? createSteadyClock();
    this.#silence = options.silence ?? DEFAULT_SILENCE_LIMITS;
    this.#keepEvents = options.keepEvents ?? 20_000_000;
    const afterAll = (commit: Commit): Promise<() => void> => this.#afterAll(commit);
    this.#commits = new CommitQueue(db, world, this.#clock, afterAll, options.listen ?? (() => {}));
  }

  async #afterAll(commit: Commit): Promise<() => void> {
    const more = await brokerJobs(commit);
    const answer = await this.#pilots.serve(commit);
    return () => {
      for (const waitMs of this.#pilots.lastWaitsMs) this.#commits.counters.dispatched(waitMs / 1000);
      answer();
      // Pilots took work and made room, or brokerage was cut short: go on in a next commit.
      if (more || (this.#pilots.tookWork && couldBroker(this.#world))) this.#commitAgain();
    };
  }

  /** A commit with nothing of its own: brokerage, and pilots that wait. They hear of it when it fails. */
  #commitAgain(): void {
    this.#commits.submit(async () => {}).catch((error: unknown) => this.#pilots.fail(error));
  }

  get #world(): World {
    return this.#commits.world;
  }

  /** Accepts a workflow; see `submitWorkflow`. */
  submit(spec: WorkflowSpec, jobs: Iterable<JobSpec> | AsyncIterable<JobSpec>): Promise<SubmitResult> {
    return submitWorkflow(this.#commits, spec, jobs);
  }

  /** Defines a queue or changes the one of that name; what waits at a queue that goes offline is brokered anew. */
  async defineQueue(spec: QueueSpec): Promise<Queue> {
    const queue = await this.#commits.submit((commit) => defineQueue(commit, spec));
    if (spec.status === "offline") await returnActivated(this.#commits, queue.id);
    return queue;
  }

  /** All queues with how full they are. */
  queues(): readonly (Queue & { readonly activated: number; readonly running: number })[] {
    return Array.from(this.#world.queues.values(), (queue) => ({
      ...queue,
      ...this.#world.loads.get(queue.id)!,
    }));
  }

  /** Sets what each facility ought to do of the whole; facilities not named lose their share. */
  setShares(targets: Readonly<Record<string, number>>): Promise<void> {
    return this.#commits.submit((commit) => setShares(commit, "facility", targets));
  }

  /** Sets what each group of tasks (`share` of a task) ought to get of the whole; groups not named come last. */
  setGroupShares(targets: Readonly<Record<string, number>>): Promise<void> {
    return this.#commits.submit((commit) => setShares(commit, "group", targets));
  }

  /** The groups' shares and what was charged to each. */
  groupShares(): readonly Share[] {
    return [...this.#world.groupShares.values()];
  }

  /** The shares and what was charged to each. */
  shares(): readonly Share[] {
    return [...this.#world.shares.values()];
  }

  /** Replaces the retry rules. Throws `WORKLOAD.RETRY_RULE_INVALID`. */
  async setRetryRules(rules: readonly RetryRule[]): Promise<void> {
    checkRetryRules(rules);
    return this.#commits.submit((commit) => setRetryRules(commit, rules));
  }

  /** Hands jobs to a pilot; waits for work up to `waitMs`. Gives an empty list when there is none. */
  acquire(offer: PilotOffer, signal?: AbortSignal): Promise<readonly JobOrder[]> {
    if (![...this.#world.queues.values()].some(({ name }) => name === offer.queue)) {
      const message = `There is no queue ${offer.queue}.`;
      return Promise.reject(
        new AlmagestError("WORKLOAD.QUEUE_UNKNOWN", message, { fields: { queue: offer.queue } }),
      );
    }
    const answer = this.#pilots.add(offer, signal);
    this.#commitAgain();
    return answer;
  }

  /** How many pilots wait for work now. */
  waitingPilots(): number {
    return this.#pilots.size;
  }

  /** Takes a pilot's report; it is durable when the answer comes. */
  report(report: PilotReport): Promise<ReportAnswer> {
    const { attemptId, status } = report;
    const touch = { attemptId, ends: status === "finished" || status === "failed" };
    return this.#commits.submit((commit) => reportAttempt(commit, report), touch);
  }

  /** Says that the outputs of an attempt in `holding` are safe; the job has then finished. Gives false when it was not
   * in holding (any more). */
  confirmOutputs(attemptId: number): Promise<boolean> {
    return this.#commits.submit((commit) => confirmOutputs(commit, attemptId));
  }

  /** Fails an attempt from our side: its outputs are bad, its worker was lost. Gives false when it had ended. */
  failAttempt(attemptId: number, failure: Failure): Promise<boolean> {
    return this.#commits.submit((commit) => failAttempt(commit, attemptId, failure));
  }

  /** Cancels one job; its descendants are pruned. */
  cancelJob(jobId: number): Promise<void> {
    return this.#commits.submit(async (commit) => {
      await commit.tell([{ to: "job", id: jobId, event: { kind: "cancel" } }]);
    });
  }

  /** Tries one failed job again with a fresh count; its pruned descendants come back. */
  retryJob(jobId: number): Promise<void> {
    return this.#commits.submit(async (commit) => {
      await commit.tell([{ to: "job", id: jobId, event: { kind: "retry" } }]);
    });
  }

  /** Pauses, resumes, kills, finishes or retries a task; see `controlTask`. */
  controlTask(taskId: number, command: TaskCommand): Promise<void> {
    return controlTask(this.#commits, taskId, command);
  }

  /** The periodic work, to be done every minute or so; see `doPeriodicWork`. Gives the number of attempts given up. */
  tick(elapsedMs: number): Promise<number> {
    return doPeriodicWork(this.#commits, elapsedMs, this.#silence, this.#keepEvents);
  }

  /** A workflow at a glance; throws `WORKLOAD.NOT_FOUND`. */
  workflow(workflowId: number): Promise<WorkflowStatus> {
    return readWorkflow(this.#db, this.#world, workflowId);
  }

  /** A task as held in memory; undefined when there is none. */
  task(taskId: number): TaskRecord | undefined {
    return this.#world.tasks.get(taskId);
  }

  /** Why a job is where it is; throws `WORKLOAD.NOT_FOUND`. */
  explain(jobId: number): Promise<JobExplanation> {
    return explainJob(this.#db, this.#world, jobId);
  }

  /** The files that a job's attempt reported at its end. */
  outputs(jobId: number): Promise<readonly OutputFile[]> {
    return readOutputs(this.#db, jobId);
  }

  /** Status of attempts by id; unknown ids are left out. */
  attemptStatus(ids: readonly number[]): Promise<readonly AttemptStanding[]> {
    return readAttemptStatus(this.#db, this.#world, ids);
  }

  /** Lines of the event log after number `after`, in order. Written in the commits they tell of, so what a subscriber
   * reads has happened. It passes them on, then calls `acknowledge`: each line at least once, those of a job in order. */
  events(after: number, limit = 1000): Promise<readonly PublishedEvent[]> {
    return readEvents(this.#db, after, limit);
  }

  /** The last line that a subscriber acknowledged; one that is new starts with what comes from now on. */
  subscribe(name: string): Promise<number> {
    return this.#commits.submit((commit) => subscribe(commit, name));
  }

  /** A subscriber has passed on all lines up to `seq` and will not ask for them again. */
  acknowledge(name: string, seq: number): Promise<void> {
    return this.#commits.submit((commit) => acknowledge(commit, name, seq));
  }

  /** Forgets a subscriber; the log need not wait for it any more. */
  unsubscribe(name: string): Promise<void> {
    return this.#commits.submit((commit) => unsubscribe(commit, name));
  }

  /** All that the event log still holds about a job and its attempts. */
  history(jobId: number): Promise<readonly WorkloadEvent[]> {
    return readJobEvents(this.#db, jobId);
  }

  /** State and counters in Prometheus' text format. */
  async metrics(): Promise<string> {
    const lags = Array.from(await readSubscribers(this.#db), ([subscriber, seq]) => ({
      labels: { subscriber },
      value: this.#world.next.event - 1 - seq,
    }));
    const help = "Lines of the event log that a subscriber has not acknowledged.";
    return renderMetrics([
      ...worldMetrics(this.#world, this.#pilots.size),
      ...this.#commits.counters.families(),
      { name: "workload_subscriber_lag", help, type: "gauge", samples: lags },
    ]);
  }

  /** Writes down new workers of a harvester; gives them with their ids. */
  addWorkers(harvester: string, queueName: string, count: number): Promise<readonly Worker[]> {
    return this.#commits.submit((commit) => addWorkers(commit, harvester, queueName, count));
  }

  /** Tells what became of a worker: its batch id once submitted, later its status. Unknown ids are ignored. */
  seeWorker(id: number, status: WorkerStatus, text: string, batchId = ""): Promise<void> {
    return this.#commits.submit((commit) => seeWorker(commit, id, status, text, batchId));
  }

  /** A harvester's workers that have not ended. */
  workers(harvester: string): Promise<readonly Worker[]> {
    return openWorkers(this.#db, harvester);
  }

  /** Answers a question that only reads; see `questions/`. */
  ask<T>(question: (db: Database, world: World) => Promise<T>): Promise<T> {
    return question(this.#db, this.#world);
  }

  /** The clock all times come from. */
  get clock(): Clock {
    return this.#clock;
  }

  /** Sends waiting pilots away, writes what is queued and closes the database. */
  async close(): Promise<void> {
    this.#pilots.dismiss();
    await this.#commits.close();
    await this.#db.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
