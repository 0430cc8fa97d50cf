import type { Dialect, Sql, SqlValue } from "./sql.ts";
import type { TransactionOptions } from "./transaction-options.ts";

/** A row as an array of values in column order. */
export type Row = SqlValue[];

/** What to do with a row whose key exists. */
export type OnConflict = "error" | "ignore" | { readonly replaceBy: readonly string[] };

/** What a query can be told. */
export interface QuerySettings {
  /** Give every integer as a bigint (needed where a column may exceed 2^53). */
  readonly bigInts?: boolean;
  readonly signal?: AbortSignal;
}

/** A connection to a database. Calls made inside `transaction` join it, wherever in the program they are made from. */
export interface Database extends AsyncDisposable {
  readonly dialect: Dialect;
  /** All rows of a query, each as an array. */
  rows(query: Sql, settings?: QuerySettings): Promise<Row[]>;
  /** All rows of a query, as objects by column name. */
  all<T extends object = Record<string, SqlValue>>(query: Sql, settings?: QuerySettings): Promise<T[]>;
  /** Rows in pages, holding neither memory for all nor locks while the reader is slow. */
  stream(query: Sql, settings?: QuerySettings & { readonly pageRows?: number }): AsyncIterable<Row[]>;
  /** Runs a statement; gives the number of rows it changed. */
  run(query: Sql): Promise<number>;
  /** Runs several statements of plain text (a schema). */
  script(text: string): Promise<void>;
  /** Inserts many rows with one prepared statement; gives the number inserted or changed. With `replaceBy` no two of the
   * rows may have the same key. Inside a transaction inserts may be begun at once: they are done in that order. */
  insertMany(
    table: string,
    columns: readonly string[],
    rows: Iterable<readonly SqlValue[]>,
    options?: { readonly onConflict?: OnConflict },
  ): Promise<number>;
  /** Runs `body` in a transaction; inside another one, in a savepoint. Rolls back when `body` throws. SQLite takes the write
   * lock at the start. PostgreSQL lets writers work side by side (each statement sees what is committed by then), and may
   * run `body` again: see `TransactionOptions`. */
  transaction<T>(body: () => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Tells whether the caller runs inside a transaction of this database. */
  inTransaction(): boolean;
  /** Makes a pure function callable in SQL, where the database can (SQLite): true if it now is. */
  defineFunction(name: string, body: (...args: SqlValue[]) => SqlValue): boolean;
  /** A number that differs once another connection has changed the database; undefined where the database cannot tell
   * (then nothing may be cached). */
  foreignChanges(): Promise<number | undefined>;
  /** Names of the columns of a table; undefined when there is no such table. */
  columnNames(table: string): Promise<string[] | undefined>;
  close(): Promise<void>;
}
