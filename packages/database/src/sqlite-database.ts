import { AsyncLocalStorage } from "node:async_hooks";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { withBulkIndexes } from "./bulk-indexes.ts";
import type { Database, OnConflict, QuerySettings, Row } from "./database.ts";
import { compileSql, type Sql, type SqlValue } from "./sql.ts";
import { isBusy, sqliteCode, translateSqliteError } from "./sqlite-errors.ts";
import { bindable, SqliteStatements } from "./sqlite-statements.ts";
import type { WalSync } from "./wal-sync.ts";

interface Transaction {
  depth: number;
}

/** How long to wait before asking for the lock again: who has waited long asks often, so that nobody starves. */
function pollDelayMs(waitedMs: number): number {
  if (waitedMs > 40) return 1;
  return waitedMs > 15 ? 2 : 4 + (process.pid % 3);
}

/** What connections of this process have written: they may follow one another within one turn of the event loop. */
let writesHere = 0;

/** An SQLite database: see `Database`. */
export class SqliteDatabase implements Database {
  readonly dialect = "sqlite" as const;
  readonly #db: DatabaseSync;
  readonly #busyTimeoutMs: number;
  readonly #statements: SqliteStatements;
  readonly #wal: WalSync | undefined;
  readonly #context = new AsyncLocalStorage<Transaction>();
  /** Resolves when the transaction now open (if any) and those queued before us have ended. */
  #tail: Promise<void> = Promise.resolve();
  #open: Transaction | undefined;
  #streams = 0;
  #observation: { readonly writesHere: number; readonly answer: Promise<number> } | undefined;
  readonly #readOnly: boolean;

  /** With `wal`, SQLite leaves it to us to sync the log. */
  constructor(
    db: DatabaseSync,
    settings: { readonly busyTimeoutMs: number; readonly readOnly: boolean; readonly wal?: WalSync },
  ) {
    this.#db = db;
    this.#statements = new SqliteStatements(db);
    this.#readOnly = settings.readOnly;
    this.#busyTimeoutMs = settings.busyTimeoutMs;
    this.#wal = settings.wal;
  }

  /** Waits until what this connection wrote outside a transaction is durable. */
  async #settle<T>(result: T): Promise<T> {
    writesHere++;
    if (this.#wal !== undefined && !this.inTransaction()) await this.#wal.sync();
    return result;
  }

  /** Runs `work` when no foreign transaction is open, again and again while another connection holds the lock. */
  async #guarded<T>(statement: string, work: () => T, signal?: AbortSignal): Promise<T> {
    const own = this.#context.getStore();
    const deadline = performance.now() + this.#busyTimeoutMs;
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted();
      if (own === undefined || own !== this.#open) while (this.#open !== undefined) await this.#tail;
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw translateSqliteError(error, statement);
      }
      await sleep(Math.min(1 + attempt, 8));
    }
  }

  async rows(query: Sql, settings: QuerySettings = {}): Promise<Row[]> {
    const text = compileSql(query, "sqlite");
    return this.#guarded(
      text,
      () => {
        const statement = this.#statements.prepare(text);
        statement.setReturnArrays(true);
        statement.setReadBigInts(settings.bigInts ?? false);
        return statement.all(...query.values.map(bindable)) as unknown as Row[];
      },
      settings.signal,
    );
  }

  async all<T extends object>(query: Sql, settings: QuerySettings = {}): Promise<T[]> {
    const text = compileSql(query, "sqlite");
    return this.#guarded(
      text,
      () => {
        const statement = this.#statements.prepare(text);
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
    await this.#run({
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
      await this.#run({ texts: [`DROP TABLE ${table}`], values: [] });
    }
  }

  async run(query: Sql): Promise<number> {
    return this.#settle(await this.#run(query));
  }

  async #run(query: Sql): Promise<number> {
    const text = compileSql(query, "sqlite");
    return this.#guarded(text, () =>
      Number(this.#statements.prepare(text).run(...query.values.map(bindable)).changes),
    );
  }

  async script(text: string): Promise<void> {
    await this.#settle(await this.#guarded(text.slice(0, 200), () => this.#db.exec(text)));
  }

  async insertMany(
    table: string,
    columns: readonly string[],
    rows: Iterable<readonly SqlValue[]>,
    options: { readonly onConflict?: OnConflict } = {},
  ): Promise<number> {
    const list = Array.isArray(rows) ? (rows as (readonly SqlValue[])[]) : [...rows];
    if (list.length === 0) return 0;
    const insert = (): Promise<number> =>
      this.#guarded(`INSERT INTO ${table}`, () =>
        withBulkIndexes(this.#db, table, list.length, () =>
          this.#statements.insert(table, columns, list, options.onConflict ?? "error"),
        ),
      );
    return this.inTransaction() ? insert() : this.transaction(insert);
  }

  inTransaction(): boolean {
    const own = this.#context.getStore();
    return own !== undefined && own === this.#open;
  }

  /** One writer at a time, and nothing is undone behind its back: options have nothing to add. */
  async transaction<T>(body: () => Promise<T>): Promise<T> {
    const own = this.#context.getStore();
    if (own !== undefined && own === this.#open) return this.#savepoint(own, body);
    const result = await this.#alone(body);
    // The lock is free again: others commit while this is made durable.
    await this.#wal?.sync();
    return result;
  }

  async #alone<T>(body: () => Promise<T>): Promise<T> {
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
        writesHere++;
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

  /** Caches ask one after the other within one turn of the event loop; one question does for all. */
  async foreignChanges(): Promise<number> {
    if (this.#observation?.writesHere !== writesHere) {
      this.#observation = { writesHere, answer: this.#observe() };
    }
    return this.#observation.answer;
  }

  async #observe(): Promise<number> {
    try {
      const row = (await this.rows({ texts: ["PRAGMA data_version"], values: [] }))[0]!;
      return Number(row[0]);
    } finally {
      setImmediate(() => {
        this.#observation = undefined;
      });
    }
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
    await this.#wal?.close();
    if (this.#db.isOpen) {
      this.#gatherStatistics();
      this.#db.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
