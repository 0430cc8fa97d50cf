import { closeSync, fdatasync, fstatSync, openSync } from "node:fs";
import { AlmagestError } from "@almagest/base";

/** Forces an SQLite write-ahead log to disk. */
export interface WalSync {
  /** Returns once all that was committed before the call is durable. Throws `DATABASE.COMMIT_UNKNOWN`. */
  sync(): Promise<void>;
  /** Waits for the sync under way, if any, and lets go of the log. */
  close(): Promise<void>;
}

/**
 * Syncs of the log beside the database at `path`, by this process and off its main thread. SQLite itself would sync within
 * each COMMIT, with the write lock held; here writers of this and other processes go on meanwhile, and commits that arrive
 * during a sync share the next. A commit is acknowledged only once its sync is over. The log's order makes this safe:
 * after a power cut what survives is a beginning of it, ending between two commits, as with `synchronous=NORMAL`.
 */
export function createWalSync(path: string): WalSync {
  const log = `${path}-wal`;
  let file: number | undefined;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const syncOnce = (): Promise<void> =>
    new Promise((resolve, reject) => {
      try {
        // A log that was deleted meanwhile went into the database, synced, before.
        if (file !== undefined && fstatSync(file).nlink === 0) letGo();
        file ??= openSync(log, "r");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") resolve();
        else reject(error);
        return;
      }
      fdatasync(file, (error) => (error === null ? resolve() : reject(error)));
    });

  const start = (): Promise<void> => {
    const mine = syncOnce().finally(() => {
      if (running === mine) running = undefined;
    });
    running = mine;
    return mine;
  };

  const letGo = (): void => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };

  return {
    sync: async () => {
      try {
        if (running === undefined) {
          await start();
          return;
        }
        next ??= running
          .catch(() => {})
          .then(() => {
            next = undefined;
            return start();
          });
        await next;
      } catch (cause) {
        throw new AlmagestError(
          "DATABASE.COMMIT_UNKNOWN",
          `What was written to the database may not survive a power cut: ${(cause as Error).message}.`,
          { cause, retryable: true, fields: { path: log } },
        );
      }
    },
    close: async () => {
      while (running !== undefined || next !== undefined) await (next ?? running)?.catch(() => {});
      letGo();
    },
  };
}
