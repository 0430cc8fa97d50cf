import { AsyncLocalStorage } from "node:async_hooks";
import { pathOwner } from "../datastore/file-records.ts";
import { locationOf, removeStored } from "../datastore/stored-file.ts";
import { FILES_LOCK } from "../repository/commit-queue.ts";
import type { Repository } from "../repository/repository.ts";

/** Files written within a transaction that its rollback must delete. */
export interface UndoLog {
  /** Notes a file just written, if a transaction is open. */
  note(path: string, repository: Repository): void;
  /** Runs a body; when it throws, the files noted within are deleted unless some dataset claims them by then. */
  run<T>(body: () => Promise<T>): Promise<T>;
}

/** Deletes a file that no stored dataset claims; decided under the write lock, as another writer may be claiming it. */
export async function removeUnclaimed(repository: Repository, path: string): Promise<void> {
  await repository.db.transaction(
    async () => {
      if ((await pathOwner(repository, path)) === undefined) {
        await removeStored(locationOf(repository.root, path));
      }
    },
    { lock: FILES_LOCK },
  );
}

/** The undo log of a Butler. */
export function createUndoLog(): UndoLog {
  const open = new AsyncLocalStorage<[repository: Repository, path: string][]>();
  return {
    note: (path, repository) => open.getStore()?.push([repository, path]),
    run: async (body) => {
      const outer = open.getStore();
      const written: [Repository, string][] = [];
      try {
        const result = await open.run(written, body);
        outer?.push(...written);
        return result;
      } catch (error) {
        for (const [repository, path] of written) await removeUnclaimed(repository, path);
        throw error;
      }
    },
  };
}
