/** How a transaction behaves where several writers work at once. Both matter on PostgreSQL only: SQLite has one writer. */
export interface TransactionOptions {
  /**
   * When the body may run again: after the database undid all it did (a deadlock, a serialization failure, a connection
   * lost before the commit), unless told; `never` where it does something outside the database; `always` also where the
   * connection was lost during the commit, so that nobody knows whether it was done: for a body that may be done twice.
   */
  readonly rerun?: "if-undone" | "never" | "always";
  /** Transactions that name the same lock follow one another. */
  readonly lock?: string;
  /** May run beside others that share the lock, but not beside one that has it alone (`lock`). */
  readonly sharedLock?: string;
}
