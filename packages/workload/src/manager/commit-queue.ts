import { AlmagestError, type Clock } from "@almagest/base";
import type { Database } from "@almagest/database";
import type { LogEntry } from "../core/slice.ts";
import { loadNeed } from "../store/slice-store.ts";
import { Commit } from "./commit.ts";
import { loadWorld, type World } from "./world.ts";

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

/**
 * Group commit: all operations that came while the last transaction was written go together into the next, in their
 * order, and are answered when it is durable. `afterAll` runs in every commit after them (brokerage, waiting pilots);
 * what it returns is called once the commit is durable.
 */
export class CommitQueue {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #afterAll: (commit: Commit) => Promise<() => void>;
  readonly #listen: (log: readonly LogEntry[]) => void;
  #waiting: Entry[] = [];
  #busy = false;
  #closed = false;
  world: World;

  constructor(
    db: Database,
    world: World,
    clock: Clock,
    afterAll: (commit: Commit) => Promise<() => void>,
    listen: (log: readonly LogEntry[]) => void,
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
    // Let everything that this turn of the event loop brings join the first commit.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#commit(batch);
      } catch (error) {
        await this.#recover(batch, error);
      }
    }
    this.#busy = false;
  }

  async #commit(batch: readonly Entry[]): Promise<void> {
    const answers: unknown[] = [];
    let after: (() => void) | undefined;
    const commit = new Commit(this.#db, this.world, this.#clock.nowMs());
    await this.#db.transaction(async () => {
      await preload(
        commit,
        batch.flatMap(({ touch }) => touch ?? []),
      );
      for (const entry of batch) answers.push(await entry.run(commit));
      after = await this.#afterAll(commit);
      await commit.flush();
    });
    batch.forEach((entry, index) => {
      entry.resolve(answers[index]);
    });
    after?.();
    if (commit.logged.length > 0) this.#listen(commit.logged);
  }

  /** After a failed commit the memory is read anew; each operation is tried alone so that only the guilty one fails. */
  async #recover(batch: readonly Entry[], cause: unknown): Promise<void> {
    try {
      this.world = await loadWorld(this.#db);
    } catch (error) {
      for (const entry of batch) entry.reject(error);
      return;
    }
    if (batch.length === 1) {
      batch[0]!.reject(cause);
      return;
    }
    for (const entry of batch) {
      try {
        await this.#commit([entry]);
      } catch (error) {
        this.world = await loadWorld(this.#db);
        entry.reject(error);
      }
    }
  }

  /** Waits for what is queued and takes nothing more. */
  async close(): Promise<void> {
    if (!this.#closed) await this.submit(async () => {});
    this.#closed = true;
    while (this.#busy) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

async function preload({ db, slice }: Commit, touches: readonly Touch[]): Promise<void> {
  if (touches.length < 2) return;
  const none = { jobs: [], attempts: [], childrenOf: [], parentsOf: [] };
  await loadNeed(db, slice, { ...none, attempts: [...new Set(touches.map(({ attemptId }) => attemptId))] });
  const ending = new Set(touches.flatMap(({ attemptId, ends }) => (ends ? [attemptId] : [])));
  const attempts = [...slice.attempts.values()];
  const jobs = [...new Set(attempts.map(({ jobId }) => jobId))];
  const childrenOf = [...new Set(attempts.flatMap(({ id, jobId }) => (ending.has(id) ? [jobId] : [])))];
  await loadNeed(db, slice, { ...none, jobs, childrenOf });
  const children = childrenOf.flatMap((id) => slice.children.get(id)!.map(({ job }) => job));
  await loadNeed(db, slice, { ...none, jobs: [...new Set(children)].filter((id) => !slice.jobs.has(id)) });
}
