import type { Database } from "@almagest/database";
import { explainFailure } from "./explained-failure.ts";

const MAX_BATCH = 256;

/** The lock under which files are claimed, shared, and unclaimed files deleted, alone. */
export const FILES_LOCK = "butler files";

interface Job {
  run(): Promise<void>;
  succeed(): void;
  fail(error: unknown): void;
}

/** Runs a write in a transaction; writes that arrive while one is being committed share the next one. A write may run more
 * than once, so it must find it well when it was done already. */
export type CommitQueue = <T>(write: () => Promise<T>) => Promise<T>;

const OPTIONS = { rerun: "always", sharedLock: FILES_LOCK } as const;

async function commitOne(db: Database, job: Job): Promise<void> {
  try {
    await db.transaction(() => job.run(), OPTIONS);
  } catch (error) {
    return job.fail(await explainFailure(error));
  }
  job.succeed();
}

/** Several jobs in one transaction; when one fails, each gets one of its own, and is whole or not at all. */
async function commitBatch(db: Database, batch: readonly Job[]): Promise<void> {
  try {
    await db.transaction(async () => {
      for (const job of batch) await job.run();
    }, OPTIONS);
  } catch {
    for (const job of batch) await commitOne(db, job);
    return;
  }
  for (const job of batch) job.succeed();
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
    while (waiting.length > 0) {
      const batch = waiting.splice(0, MAX_BATCH);
      await (batch.length === 1 ? commitOne(db, batch[0]!) : commitBatch(db, batch));
    }
    flushing = false;
  }

  return async <T>(write: () => Promise<T>): Promise<T> => {
    if (db.inTransaction()) {
      try {
        return await db.transaction(write, { sharedLock: FILES_LOCK });
      } catch (error) {
        throw await explainFailure(error);
      }
    }
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
