import { AsyncLocalStorage } from "node:async_hooks";
import { access } from "node:fs/promises";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { AlmagestError } from "@almagest/base";
import { withBulkIndexes } from "./bulk-indexes.ts";
import type { Database, OnConflict, QuerySettings, Row } from "./database.ts";
import { conflictClause, insertHead } from "./insert-sql.ts";
import { compileSql, type Sql, type SqlValue } from "./sql.ts";
import { isBusy, sqliteCode, translateSqliteError } from "./sqlite-errors.ts";

/** How to open an SQLite file. */
export interface SqliteOptions {
  readonly readOnly?: boolean;
  /** Fail when the file does not exist; true unless told. */
  readonly mustExist?: boolean;
  /** Set how the file is written safely: with a write-ahead log (one sync per commit, readers do not wait) or a rollback
   * journal. The file remembers; left as it is unless told. */
  readonly journal?: "wal" | "rollback";
  /** How long to wait for other writers; 300,000 as in the original. */
  readonly busyTimeoutMs?: number;
}

const CACHED_STATEMENTS = 256;
const ROWS_PER_INSERT = 32;

type Bindable = null | number | bigint | string | Uint8Array;

function bindable(value: SqlValue): Bindable {
  return typeof value === "boolean" ? (value ? 1 : 0) : value;
}

interface Transaction {
  depth: number;
}

/** How long to wait before asking for the lock again: who has waited long asks often, so that nobody starves. */
function pollDelayMs(waitedMs: number): number {
  if (waitedMs > 40) return 1;
  return waitedMs > 15 ? 2 : 4 + (process.pid % 3);
}

class SqliteDatabase implements Database {
  readonly dialect = "sqlite" as const;
  readonly #db: DatabaseSync;
  readonly #busyTimeoutMs: number;
  readonly #statements = new Map<string, StatementSync>();
  readonly #context = new AsyncLocalStorage<Transaction>();
  /** Resolves when the transaction now open (if any) and those queued before us have ended. */
  #tail: Promise<void> = Promise.resolve();
  #open: Transaction | undefined;
  #streams = 0;
  readonly #readOnly: boolean;

  constructor(db: DatabaseSync, busyTimeoutMs: number, readOnly: boolean) {
    this.#db = db;
    this.#readOnly = readOnly;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  #prepare(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#db.prepare(text);
      if (this.#statements.size >= CACHED_STATEMENTS) {
        this.#statements.delete(this.#statements.keys().next().value!);
      }
    } else {
      this.#statements.delete(text);
    }
    this.#statements.set(text, statement);
    return statement;
  }

  /** Runs `work` when no foreign transaction is open, again and again while another connection holds the lock. */
  async #guarded<T>(
    statement: string,
    work: () => T,
    signal?: AbortSignal,
    mayRepeat = (): boolean => true,
  ): Promise<T> {
    const own = this.#context.getStore();
    const deadline = performance.now() + this.#busyTimeoutMs;
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted();
      if (own === undefined || own !== this.#open) while (this.#open !== undefined) await this.#tail;
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline || !mayRepeat())
          throw translateSqliteError(error, statement);
      }
      await sleep(Math.min(1 + attempt, 8));
    }
  }

  async rows(query: Sql, settings: QuerySettings = {}): Promise<Row[]> {
    const text = compileSql(query, "sqlite");
    return this.#guarded(
      text,
      () => {
        const statement = this.#prepare(text);
        statement.setReturnArrays(true);
        statement.setReadBigInts(settings.bigInts ?? false);
        return statement.all(...query.values.map(bindable)) as unknown as Row[];
      },
      settings.signal,
    );
  }

  async forEachRow(query: Sql, visit: (row: Row) => void, settings: QuerySettings = {}): Promise<void> {
    const text = compileSql(query, "sqlite");
    let begun = false;
    await this.#guarded(
      text,
      () => {
        const statement = this.#prepare(text);
        statement.setReturnArrays(true);
        statement.setReadBigInts(settings.bigInts ?? false);
        for (const row of statement.iterate(...query.values.map(bindable))) {
          begun = true;
          visit(row as unknown as Row);
        }
      },
      settings.signal,
      () => !begun,
    );
  }

  async all<T extends object>(query: Sql, settings: QuerySettings = {}): Promise<T[]> {
    const text = compileSql(query, "sqlite");
    return this.#guarded(
      text,
      () => {
        const statement = this.#prepare(text);
        statement.setReturnArrays(false);
        statement.setReadBigInts(settings.bigInts ?? false);
        return statement.all(...query.values.map(bindable)) as T[];
      },
      settings.signal,
    );
  }

  /** The result goes into a temporary table first, so that no lock on the repository outlives this call. */
  async *stream(
    query: Sql,
    settings: QuerySettings & { readonly pageRows?: number } = {},
  ): AsyncGenerator<Row[]> {
    const pageRows = settings.pageRows ?? 5000;
    const table = `temp."stream_${++this.#streams}"`;
    await this.run({
      ...query,
      texts: [`CREATE TABLE ${table} AS ${query.texts[0]}`, ...query.texts.slice(1)],
    });
    try {
      for (let start = 0; ; start += pageRows) {
        const text = `SELECT * FROM ${table} WHERE rowid > ${start} AND rowid <= ${start + pageRows}`;
        const page = await this.rows({ texts: [text], values: [] }, settings);
        if (page.length > 0) yield page;
        if (page.length < pageRows) return;
      }
    } finally {
      await this.run({ texts: [`DROP TABLE ${table}`], values: [] });
    }
  }

  async run(query: Sql): Promise<number> {
    const text = compileSql(query, "sqlite");
    return this.#guarded(text, () => Number(this.#prepare(text).run(...query.values.map(bindable)).changes));
  }

  async script(text: string): Promise<void> {
    await this.#guarded(text.slice(0, 200), () => this.#db.exec(text));
  }

  async insertMany(
    table: string,
    columns: readonly string[],
    rows: Iterable<readonly SqlValue[]>,
    options: { readonly onConflict?: OnConflict } = {},
  ): Promise<number> {
    const list = Array.isArray(rows) ? (rows as (readonly SqlValue[])[]) : [...rows];
    if (list.length === 0) return 0;
    const insert = async (): Promise<number> => {
      const head = insertHead(table, columns);
      const tail = conflictClause(columns, options.onConflict ?? "error");
      const tuple = `(${columns.map(() => "?").join(", ")})`;
      const one = `${head} ${tuple}${tail}`;
      const many = `${head} ${Array(ROWS_PER_INSERT).fill(tuple).join(", ")}${tail}`;
      return this.#guarded(one, () =>
        withBulkIndexes(this.#db, table, list.length, () =>
          this.#insertRows(list, columns.length, one, many),
        ),
      );
    };
    return this.inTransaction() ? insert() : this.transaction(insert);
  }

  #insertRows(list: readonly (readonly SqlValue[])[], width: number, one: string, many: string): number {
    let changes = 0;
    let index = 0;
    if (list.length >= ROWS_PER_INSERT) {
      const statement = this.#prepare(many);
      const values: Bindable[] = new Array(ROWS_PER_INSERT * width);
      for (; index + ROWS_PER_INSERT <= list.length; index += ROWS_PER_INSERT) {
        let slot = 0;
        for (let offset = 0; offset < ROWS_PER_INSERT; offset++) {
          for (const value of list[index + offset]!) values[slot++] = bindable(value);
        }
        changes += Number(statement.run(...values).changes);
      }
    }
    const statement = this.#prepare(one);
    for (; index < list.length; index++) {
      changes += Number(statement.run(...list[index]!.map(bindable)).changes);
    }
    return changes;
  }

  inTransaction(): boolean {
    const own = this.#context.getStore();
    return own !== undefined && own === this.#open;
  }

  /** One writer at a time, and nothing is undone behind its back: options have nothing to add. */
  async transaction<T>(body: () => Promise<T>): Promise<T> {
    const own = this.#context.getStore();
    if (own !== undefined && own === this.#open) return this.#savepoint(own, body);
    const before = this.#tail;
    let finish!: () => void;
    const ended = new Promise<void>((resolve) => {
      finish = resolve;
    });
    this.#tail = before.then(() => ended);
    await before;
    try {
      await this.#retryBusy("BEGIN IMMEDIATE");
      const transaction: Transaction = { depth: 0 };
      this.#open = transaction;
      try {
        const result = await this.#context.run(transaction, body);
        await this.#retryBusy("COMMIT");
        return result;
      } catch (error) {
        // Some errors (disk full) have already rolled the transaction back.
        if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
        throw error;
      } finally {
        this.#open = undefined;
      }
    } finally {
      finish();
    }
  }

  async #savepoint<T>(transaction: Transaction, body: () => Promise<T>): Promise<T> {
    const name = `s${++transaction.depth}`;
    this.#db.exec(`SAVEPOINT ${name}`);
    try {
      const result = await body();
      this.#db.exec(`RELEASE ${name}`);
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec(`ROLLBACK TO ${name}; RELEASE ${name}`);
      throw error;
    } finally {
      transaction.depth--;
    }
  }

  async #retryBusy(text: string): Promise<void> {
    const start = performance.now();
    for (;;) {
      try {
        this.#db.exec(text);
        return;
      } catch (error) {
        const waitedMs = performance.now() - start;
        if (!isBusy(error) || waitedMs > this.#busyTimeoutMs) throw translateSqliteError(error, text);
        await sleep(pollDelayMs(waitedMs));
      }
    }
  }

  defineFunction(name: string, body: (...args: SqlValue[]) => SqlValue): boolean {
    this.#db.function(name, { deterministic: true, varargs: true }, (...args) => {
      return bindable(body(...(args as SqlValue[])));
    });
    return true;
  }

  async foreignChanges(): Promise<number> {
    const row = (await this.rows({ texts: ["PRAGMA data_version"], values: [] }))[0]!;
    return Number(row[0]);
  }

  async columnNames(table: string): Promise<string[] | undefined> {
    const rows = await this.all<{ name: string }>({
      texts: ["SELECT name FROM pragma_table_info(", ")"],
      values: [table],
    });
    return rows.length === 0 ? undefined : rows.map((row) => row.name);
  }

  /** Tells SQLite how many rows tables hold where that has changed much: without, it may join large tables in an order that
   * takes minutes instead of seconds. A database that cannot be written now (locked, full, gone) stays as it is. */
  #gatherStatistics(): void {
    if (this.#readOnly) return;
    try {
      this.#db.exec("PRAGMA optimize = 0x10002");
    } catch (error) {
      if (sqliteCode(error) === undefined) throw error;
    }
  }

  async close(): Promise<void> {
    await this.#tail;
    this.#statements.clear();
    if (this.#db.isOpen) {
      this.#gatherStatistics();
      this.#db.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Opens an SQLite file (or `:memory:`) with foreign keys enforced. Throws `DATABASE.OPEN`, `DATABASE.CORRUPT`. */
export async function openSqlite(path: string, options: SqliteOptions = {}): Promise<Database> {
  const { readOnly = false, mustExist = true, busyTimeoutMs = 300_000 } = options;
  let db: DatabaseSync;
  try {
    if (mustExist && path !== ":memory:") await access(path);
    db = new DatabaseSync(path, { readOnly, enableForeignKeyConstraints: true, timeout: 0 });
  } catch (cause) {
    throw new AlmagestError(
      "DATABASE.OPEN",
      `Cannot open the database ${path}: ${(cause as Error).message}.`,
      {
        cause,
        fields: { path },
      },
    );
  }
  const database = new SqliteDatabase(db, busyTimeoutMs, readOnly);
  // Reads the file, and so waits for a writer: a page cache that fits a busy repository's indexes.
  await database.script("PRAGMA cache_size = -65536; PRAGMA synchronous = FULL");
  if (options.journal !== undefined) {
    await database.script(`PRAGMA journal_mode = ${options.journal === "wal" ? "WAL" : "DELETE"}`);
  }
  return database;
}
