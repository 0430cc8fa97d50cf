import { setTimeout as sleep } from "node:timers/promises";
import { AlmagestError, type Clock, isAlmagestError } from "@almagest/base";
import type { Database } from "@almagest/database";
import { WorkloadCounters } from "../metrics/workload-metrics.ts";
import type { WorkloadEvent } from "../store/event-log.ts";
import { loadNeed } from "../store/slice-store.ts";
import { Commit } from "./commit.ts";
import { loadWorld, type World } from "./world.ts";
import { claim, lastCommit } from "./writer.ts";

/** Work that is done inside a commit; its answer is given once the commit is durable. */
export type Operation<T> = (commit: Commit) => Promise<T>;

/** The attempt that an operation will touch, and whether it ends it: rows to read for a whole batch at once. */
export interface Touch {
  readonly attemptId: number;
  readonly ends: boolean;
}

interface Entry {
  readonly touch: Touch | undefined;
  readonly run: Operation<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Most turns of the event loop that a commit waits for company. */
const GATHER_TURNS = 8;

/**
 * Group commit: all operations that came while the last transaction was written go together into the next, in their
 * order, and are answered when it is durable. `afterAll` runs in every commit after them (brokerage, waiting pilots);
 * what it returns is called once the commit is durable.
 */
export class CommitQueue {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #afterAll: (commit: Commit) => Promise<() => void>;
  readonly #listen: (log: readonly WorkloadEvent[]) => void;
  #waiting: Entry[] = [];
  #busy = false;
  #closed = false;
  /** What happened since this process began. */
  readonly counters = new WorkloadCounters();
  world: World;

  constructor(
    db: Database,
    world: World,
    clock: Clock,
    afterAll: (commit: Commit) => Promise<() => void>,
    listen: (log: readonly WorkloadEvent[]) => void,
  ) {
    this.#db = db;
    this.world = world;
    this.#clock = clock;
    this.#afterAll = afterAll;
    this.#listen = listen;
  }

  /** Queues an operation. Throws what it throws, or what the database throws. */
  submit<T>(run: Operation<T>, touch?: Touch): Promise<T> {
    if (this.#closed) {
      return Promise.reject(new AlmagestError("WORKLOAD.CLOSED", "The workload manager has been closed."));
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ touch, run, resolve: resolve as (value: unknown) => void, reject });
      if (!this.#busy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#busy = true;
    await this.#gather();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#commit(batch);
      } catch (error) {
        await this.#recover(batch, error);
      }
      await this.#gather();
    }
    this.#busy = false;
  }

  /** Lets turns of the event loop pass while they bring more operations: a batch of many costs the database little more than
   * one of few, and those who were just answered mostly have the next question ready. */
  async #gather(): Promise<void> {
    for (let turn = 0, before = -1; turn < GATHER_TURNS && this.#waiting.length > before; turn++) {
      before = this.#waiting.length;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  async #commit(batch: readonly Entry[]): Promise<void> {
    const answers: unknown[] = [];
    let after: (() => void) | undefined;
    let complete = false;
    const commit = new Commit(this.#db, this.world, this.#clock.nowMs());
    const number = this.world.lastCommit + 1;
    const start = performance.now();
    try {
      const body = async (): Promise<void> => {
        const claimed = claim(this.#db, this.world.epoch, number);
        // Whoever is refused writes nothing: what was asked meanwhile is undone with it.
        claimed.catch(() => {});
        await preload(
          commit,
          batch.flatMap(({ touch }) => touch ?? []),
        );
        for (const entry of batch) answers.push(await entry.run(commit));
        after = await this.#afterAll(commit);
        await commit.flush();
        await claimed;
        complete = true;
      };
      // It changes what is in memory too, so it must not run twice on its own.
      await this.#db.transaction(body, { rerun: "never" });
    } catch (error) {
      // A connection that breaks during COMMIT leaves open whether it happened; the database knows.
      const open = complete && isAlmagestError(error, "DATABASE.COMMIT_UNKNOWN");
      if (!open || (await this.#whenBack()) !== number) {
        this.counters.failed();
        throw error;
      }
    }
    this.counters.committed((performance.now() - start) / 1000, batch.length, commit.logged);
    this.world.lastCommit = number;
    batch.forEach((entry, index) => {
      entry.resolve(answers[index]);
    });
    after?.();
    if (commit.logged.length > 0) this.#listen(commit.logged);
  }

  /** Waits until the database answers again; gives the number of the last commit in it. */
  async #whenBack(): Promise<number> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await lastCommit(this.#db, this.world.epoch);
      } catch (error) {
        if (!isLost(error) || this.#closed) throw error;
        await sleep(Math.min(50 * 2 ** attempt, 2000));
      }
    }
  }

  /** After a failed commit the memory is read anew. A batch that only fell to a lost connection goes again as it is; else
   * each operation is tried alone, so that only the guilty one fails. */
  async #recover(batch: readonly Entry[], cause: unknown): Promise<void> {
    let error = cause;
    try {
      while (isLost(error)) {
        await this.#whenBack();
        this.world = await loadWorld(this.#db, this.#clock.nowMs());
        error = await this.#attempt(batch);
        if (error === undefined) return;
      }
      await this.#reload();
    } catch (fatal) {
      for (const entry of batch) entry.reject(fatal);
      return;
    }
    if (batch.length === 1) {
      batch[0]!.reject(error);
      return;
    }
    for (const entry of batch) {
      const own = await this.#attempt([entry]);
      if (own === undefined) continue;
      entry.reject(own);
      await this.#reload();
    }
  }

  /** Tries a commit; gives what went wrong. */
  async #attempt(batch: readonly Entry[]): Promise<unknown> {
    try {
      await this.#commit(batch);
      return undefined;
    } catch (error) {
      return error ?? new Error("a commit failed without a reason");
    }
  }

  async #reload(): Promise<void> {
    const { pilotSeenMs, openedMs } = this.world;
    await this.#whenBack();
    this.world = await loadWorld(this.#db, openedMs);
    for (const [queueId, seenMs] of pilotSeenMs) this.world.pilotSeenMs.set(queueId, seenMs);
  }

  /** Waits for what is queued and takes nothing more. */
  async close(): Promise<void> {
    if (!this.#closed) await this.submit(async () => {});
    this.#closed = true;
    while (this.#busy) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** True where the database went away and what was asked of it may be asked again. */
const isLost = (error: unknown): boolean =>
  isAlmagestError(error, "DATABASE.LOST") || isAlmagestError(error, "DATABASE.COMMIT_UNKNOWN");

async function preload({ db, slice, world: { live } }: Commit, touches: readonly Touch[]): Promise<void> {
  if (touches.length < 2) return;
  const none = { jobs: [], attempts: [], childrenOf: [], parentsOf: [] };
  await loadNeed(db, live, slice, {
    ...none,
    attempts: [...new Set(touches.map(({ attemptId }) => attemptId))],
  });
  const ending = new Set(touches.flatMap(({ attemptId, ends }) => (ends ? [attemptId] : [])));
  const attempts = [...slice.attempts.values()];
  const jobs = [...new Set(attempts.map(({ jobId }) => jobId))];
  const childrenOf = [...new Set(attempts.flatMap(({ id, jobId }) => (ending.has(id) ? [jobId] : [])))];
  await loadNeed(db, live, slice, { ...none, jobs, childrenOf });
  const children = childrenOf.flatMap((id) => slice.children.get(id)!.map(({ job }) => job));
  await loadNeed(db, live, slice, {
    ...none,
    jobs: [...new Set(children)].filter((id) => !slice.jobs.has(id)),
  });
}
