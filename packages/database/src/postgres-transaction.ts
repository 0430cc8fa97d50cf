import type pg from "pg";
import type { TransactionOptions } from "./transaction-options.ts";

/** An open transaction and the connection it runs on. */
export interface PostgresTransaction {
  readonly client: pg.PoolClient;
  open: boolean;
  savepoints: number;
  /** Settles when the inserts begun so far have been sent: those begun at once go one after the other, without waiting for
   * answers. */
  prepared: Promise<unknown>;
  /** What `foreignChanges` was at its start. */
  readonly foreign: number;
}

/** The statements that take a transaction's locks, each after a semicolon. */
export function lockSql({ lock, sharedLock }: TransactionOptions, alone: readonly string[] = []): string {
  const text = (kind: string, name: string): string =>
    `; SELECT pg_advisory_xact_lock${kind}(hashtextextended('almagest ${name.replaceAll("'", "''")}', 0))`;
  const locks = lock === undefined ? alone : [...alone, lock];
  return (
    locks.map((name) => text("", name)).join("") +
    (sharedLock === undefined ? "" : text("_shared", sharedLock))
  );
}
