import type { Database } from "@almagest/database";

const MAX_BATCH = 256;

interface Job {
  run(): Promise<void>;
  succeed(): void;
  fail(error: unknown): void;
}

/** Runs a write in a transaction; writes that arrive while one is being committed share the next one. */
export type CommitQueue = <T>(write: () => Promise<T>) => Promise<T>;

async function commitBatch(db: Database, batch: readonly Job[]): Promise<void> {
  const failures = new Map<Job, unknown>();
  try {
    await db.transaction(async () => {
      const [first] = batch;
      // A lone job needs no savepoint: its failure rolls the transaction back.
      if (batch.length === 1) return first!.run();
      for (const job of batch) {
        await db.transaction(() => job.run()).catch((error: unknown) => failures.set(job, error));
      }
    });
  } catch (error) {
    for (const job of batch) failures.set(job, error);
  }
  for (const job of batch) {
    if (failures.has(job)) job.fail(failures.get(job));
    else job.succeed();
  }
}

/**
 * Group commit: each write is whole or not at all, whatever becomes of the others in its batch. A write made inside a
 * transaction joins it instead.
 */
export function createCommitQueue(db: Database): CommitQueue {
  const waiting: Job[] = [];
  let flushing = false;

  async function flush(): Promise<void> {
    flushing = true;
    while (waiting.length > 0) await commitBatch(db, waiting.splice(0, MAX_BATCH));
    flushing = false;
  }

  return <T>(write: () => Promise<T>): Promise<T> => {
    if (db.inTransaction()) return db.transaction(write);
    return new Promise<T>((resolve, reject) => {
      let value: T;
      waiting.push({
        run: async () => {
          value = await write();
        },
        succeed: () => resolve(value),
        fail: reject,
      });
      if (!flushing) void flush();
    });
  };
}
