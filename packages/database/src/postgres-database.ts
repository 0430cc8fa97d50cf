import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { AlmagestError, isAlmagestError } from "@almagest/base";
import type pg from "pg";
import type { Database, OnConflict, QuerySettings, Row } from "./database.ts";
import { createForeignCommits, SNAPSHOT_SQL } from "./foreign-commits.ts";
import { conflictClause } from "./insert-sql.ts";
import { ColumnTypes, type TypesByColumn } from "./postgres-column-types.ts";
import type { Asked, PostgresConnections } from "./postgres-connections.ts";
import { isConflict, isLost, translatePostgresError } from "./postgres-errors.ts";
import { lockSql, type PostgresTransaction as Transaction } from "./postgres-transaction.ts";
import { toArrayParameter, toParameter } from "./postgres-values.ts";
import { compileSql, quoteIdentifier, type Sql, type SqlValue } from "./sql.ts";
import type { TransactionOptions } from "./transaction-options.ts";

const ROWS_PER_INSERT = 10_000;
const MAX_RERUNS = 20;

/** A PostgreSQL database: see `Database`. */
export class PostgresDatabase implements Database {
  readonly dialect = "postgresql" as const;
  readonly #connections: PostgresConnections;
  readonly #oneWriter: boolean;
  readonly #context = new AsyncLocalStorage<Transaction>();
  readonly #columnTypes = new ColumnTypes((query) => this.rows(query));
  readonly #foreign = createForeignCommits();
  #observation: Promise<number> | undefined;
  #streams = 0;

  constructor(connections: PostgresConnections, options: { readonly oneWriter: boolean }) {
    this.#connections = connections;
    this.#oneWriter = options.oneWriter;
  }

  /** The open transaction that the caller is part of. */
  #own(): Transaction | undefined {
    const own = this.#context.getStore();
    return own?.open ? own : undefined;
  }

  /** Runs `work` on the connection of the caller's transaction, else on a free one. */
  async #using<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const own = this.#own();
    if (own !== undefined) return work(own.client);
    const client = await this.#connections.take();
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      client.release(isLost((error as Error).cause ?? error));
      throw error;
    }
  }

  /** A question that may be asked again when the connection breaks. */
  async #read(query: Sql, asked: Asked): Promise<pg.QueryResult> {
    const text = compileSql(query, "postgresql");
    const values = query.values.map(toParameter);
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#using((client) => this.#connections.ask(client, text, values, asked));
      } catch (error) {
        if (attempt > 3 || this.#own() !== undefined || !isAlmagestError(error, "DATABASE.LOST")) throw error;
      }
    }
  }

  async rows(query: Sql, settings: QuerySettings = {}): Promise<Row[]> {
    return (await this.#read(query, settings)).rows as Row[];
  }

  async all<T extends object>(query: Sql, settings: QuerySettings = {}): Promise<T[]> {
    return (await this.#read(query, { ...settings, objects: true })).rows as T[];
  }

  /** A cursor; outside a transaction the server first puts the result aside, so that it holds no lock or snapshot. */
  async *stream(
    query: Sql,
    settings: QuerySettings & { readonly pageRows?: number } = {},
  ): AsyncGenerator<Row[]> {
    const own = this.#own();
    const client = own?.client ?? (await this.#connections.take());
    const name = `stream_${++this.#streams}`;
    const fetch = `FETCH ${settings.pageRows ?? 5000} FROM ${name}`;
    let lost = false;
    try {
      const hold = own === undefined ? "WITH HOLD " : "";
      const text = `DECLARE ${name} NO SCROLL CURSOR ${hold}FOR ${compileSql(query, "postgresql")}`;
      await this.#connections.ask(client, text, query.values.map(toParameter), settings);
      for (;;) {
        const { rows } = await this.#connections.ask(client, fetch, [], settings);
        if (rows.length > 0) yield rows as Row[];
        if (rows.length < (settings.pageRows ?? 5000)) return;
      }
    } catch (error) {
      lost = isAlmagestError(error, "DATABASE.LOST");
      throw error;
    } finally {
      // Fails where the cursor was never made or its transaction is broken, and then there is nothing to close.
      if (!lost) await client.query(`CLOSE ${name}`).catch(() => {});
      if (own === undefined) client.release(lost);
    }
  }

  async run(query: Sql): Promise<number> {
    const text = compileSql(query, "postgresql");
    const values = query.values.map(toParameter);
    return (await this.#using((client) => this.#connections.ask(client, text, values, {}))).rowCount ?? 0;
  }

  async script(text: string): Promise<void> {
    await this.#using((client) =>
      client.query(text).catch((error: unknown) => {
        throw translatePostgresError(error, text.slice(0, 200));
      }),
    );
    this.#columnTypes.clear();
  }

  /** Types of a table's columns; in a transaction the answers come in the order of the calls. */
  #typesInTurn(table: string): Promise<TypesByColumn> {
    const own = this.#own();
    if (own === undefined) return this.#columnTypes.of(table);
    const types = own.prepared.catch(() => {}).then(() => this.#columnTypes.of(table));
    own.prepared = types;
    return types;
  }

  /** One statement whatever the number of rows: each column travels as an array. */
  async insertMany(
    table: string,
    columns: readonly string[],
    rows: Iterable<readonly SqlValue[]>,
    options: { readonly onConflict?: OnConflict } = {},
  ): Promise<number> {
    const list = Array.isArray(rows) ? (rows as (readonly SqlValue[])[]) : [...rows];
    if (list.length === 0) return 0;
    const types = await this.#typesInTurn(table);
    const arrays = columns.map((column, index) => `$${index + 1}::${types.get(column) ?? "text"}[]`);
    const names = columns.map(quoteIdentifier).join(", ");
    const tail = conflictClause(columns, options.onConflict ?? "error");
    const text = `INSERT INTO ${quoteIdentifier(table)} (${names}) SELECT * FROM unnest(${arrays.join(", ")})${tail}`;
    const insert = async (start: number): Promise<number> => {
      const piece = list.slice(start, start + ROWS_PER_INSERT);
      const values = columns.map((_, index) => toArrayParameter(piece, index));
      return (await this.#using((client) => this.#connections.ask(client, text, values, {}))).rowCount ?? 0;
    };
    const insertAll = async (): Promise<number> => {
      let changes = 0;
      for (let start = 0; start < list.length; start += ROWS_PER_INSERT) changes += await insert(start);
      return changes;
    };
    return list.length <= ROWS_PER_INSERT || this.inTransaction() ? insertAll() : this.transaction(insertAll);
  }

  inTransaction(): boolean {
    return this.#own() !== undefined;
  }

  async transaction<T>(body: () => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const own = this.#own();
    if (own !== undefined) return this.#savepoint(own, body, options);
    const { rerun = "if-undone" } = options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(body, options);
      } catch (error) {
        const undone = isAlmagestError(error, "DATABASE.CONFLICT") || isAlmagestError(error, "DATABASE.LOST");
        const again = undone || (rerun === "always" && isAlmagestError(error, "DATABASE.COMMIT_UNKNOWN"));
        if (!again || rerun === "never" || attempt >= MAX_RERUNS) throw error;
      }
      // Those who met shall not meet again at once; the pid tells programs apart.
      await sleep((attempt * (1 + ((process.pid * 7 + attempt * 13) % 10))) / 2);
    }
  }

  async #attempt<T>(body: () => Promise<T>, options: TransactionOptions): Promise<T> {
    const client = await this.#connections.take();
    let lost = false;
    let transaction: Transaction | undefined;
    try {
      const alone = this.#oneWriter ? ["one writer"] : [];
      const begin = `BEGIN; ${SNAPSHOT_SQL}${lockSql(options, alone)}`;
      const [, snapshot] = (await client.query(begin)) as unknown as pg.QueryResult[];
      const foreign = this.#foreign.observe(
        (snapshot!.rows[0] as { pg_current_snapshot: string }).pg_current_snapshot,
      );
      transaction = { client, open: true, savepoints: 0, prepared: Promise.resolve(), foreign };
      const result = await this.#context.run(transaction, body);
      transaction.open = false;
      await this.#commit(transaction);
      return result;
    } catch (error) {
      if (transaction !== undefined) transaction.open = false;
      // It may have made tables that are no more.
      this.#columnTypes.clear();
      lost =
        isLost(error) ||
        isAlmagestError(error, "DATABASE.LOST") ||
        isAlmagestError(error, "DATABASE.COMMIT_UNKNOWN");
      if (!lost) await client.query("ROLLBACK").catch(() => (lost = true));
      throw translatePostgresError(error, "transaction");
    } finally {
      client.release(lost);
    }
  }

  async #commit({ client, savepoints }: Transaction): Promise<void> {
    const done = this.#foreign.committing();
    try {
      // Sent together: where the first fails, the server makes the second a ROLLBACK.
      const [{ rows }, { command }] = await Promise.all([
        client.query("SELECT pg_current_xact_id_if_assigned()::text AS id"),
        client.query("COMMIT"),
      ]);
      if (command !== "COMMIT")
        throw new AlmagestError("DATABASE.QUERY", "The transaction was undone by the server.");
      done(savepoints === 0 && (rows[0] as { id: string | null }).id !== null);
    } catch (cause) {
      if (!isLost(cause)) throw cause;
      throw new AlmagestError(
        "DATABASE.COMMIT_UNKNOWN",
        "The connection broke while a transaction was committed.",
        {
          cause,
          retryable: true,
        },
      );
    }
  }

  async #savepoint<T>(
    transaction: Transaction,
    body: () => Promise<T>,
    options: TransactionOptions,
  ): Promise<T> {
    const { client } = transaction;
    const name = `s${++transaction.savepoints}`;
    const tell = (text: string): Promise<unknown> =>
      client.query(text).catch((error: unknown) => {
        throw translatePostgresError(error, text);
      });
    await tell(`SAVEPOINT ${name}${lockSql(options)}`);
    try {
      const result = await body();
      await tell(`RELEASE ${name}`);
      return result;
    } catch (error) {
      const over = isConflict((error as Error).cause) || isAlmagestError(error, "DATABASE.LOST");
      if (!over) await tell(`ROLLBACK TO ${name}; RELEASE ${name}`);
      throw error;
    }
  }

  defineFunction(): boolean {
    return false;
  }

  async foreignChanges(): Promise<number> {
    const own = this.#own();
    if (own !== undefined) return own.foreign;
    // Caches ask one after the other within one turn of the event loop; one question does for all.
    this.#observation ??= (async () => {
      try {
        const rows = await this.rows({ texts: [SNAPSHOT_SQL], values: [] });
        return this.#foreign.observe(rows[0]![0] as string);
      } finally {
        setImmediate(() => {
          this.#observation = undefined;
        });
      }
    })();
    return this.#observation;
  }

  async columnNames(table: string): Promise<string[] | undefined> {
    const types = await this.#columnTypes.fresh(table);
    return types.size === 0 ? undefined : [...types.keys()];
  }

  async close(): Promise<void> {
    await this.#connections.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
