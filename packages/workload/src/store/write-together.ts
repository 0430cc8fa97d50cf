import type { Database } from "@almagest/database";

/**
 * Runs writes of one transaction in their order. PostgreSQL is sent them without waiting for answers, so that it works on
 * one while the next is put together; SQLite gets one after the other, for after an error it may have ended the
 * transaction. Throws what the first failure throws, once none is under way any more.
 */
export async function writeTogether(
  db: Database,
  writes: readonly (() => Promise<unknown>)[],
): Promise<void> {
  if (db.dialect === "sqlite") {
    for (const write of writes) await write();
    return;
  }
  for (const result of await Promise.allSettled(writes.map((write) => write()))) {
    if (result.status === "rejected") throw result.reason;
  }
}
