import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import type { QuerySettings } from "./database.ts";
import { isLost, translatePostgresError } from "./postgres-errors.ts";
import { BIGINT_PARSERS, NUMBER_PARSERS } from "./postgres-values.ts";
import { createStatementNames } from "./statement-names.ts";

/** How a statement is asked. */
export interface Asked extends QuerySettings {
  /** Rows as objects, not arrays. */
  readonly objects?: boolean;
}

/** The connections of one database: taken, asked on, given back. */
export class PostgresConnections {
  readonly #pool: pg.Pool;
  readonly #createClient: () => pg.Client;
  readonly #reconnectMs: number;
  readonly #nameOf = createStatementNames();

  constructor(pool: pg.Pool, createClient: () => pg.Client, reconnectMs: number) {
    this.#pool = pool;
    this.#createClient = createClient;
    this.#reconnectMs = reconnectMs;
  }

  /** A free connection; waits for a server that restarts. Throws `DATABASE.LOST`. */
  async take(): Promise<pg.PoolClient> {
    const deadline = performance.now() + this.#reconnectMs;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#pool.connect();
      } catch (error) {
        if (!isLost(error) || performance.now() > deadline) throw translatePostgresError(error, "connect");
      }
      await sleep(Math.min(20 * 2 ** attempt, 500));
    }
  }

  /** Asks one statement; the server ends it when the signal says so. Throws `DATABASE.*`. */
  async ask(
    client: pg.PoolClient,
    text: string,
    values: (string | null)[],
    asked: Asked,
  ): Promise<pg.QueryResult> {
    const { signal } = asked;
    signal?.throwIfAborted();
    const name = this.#nameOf(text);
    const cancel = signal === undefined ? undefined : (): void => void this.#cancel(client);
    if (cancel !== undefined) signal!.addEventListener("abort", cancel, { once: true });
    try {
      return await client.query({
        text,
        values,
        queryMode: "extended",
        types: asked.bigInts ? BIGINT_PARSERS : NUMBER_PARSERS,
        ...(name === undefined ? {} : { name }),
        ...(asked.objects ? {} : { rowMode: "array" }),
      } as pg.QueryConfig);
    } catch (error) {
      signal?.throwIfAborted();
      throw translatePostgresError(error, text);
    } finally {
      if (cancel !== undefined) signal!.removeEventListener("abort", cancel);
    }
  }

  /** Asks the server, on a connection of its own, to end what another connection is doing. */
  async #cancel(client: pg.PoolClient): Promise<void> {
    const other = this.#createClient();
    other.on("error", () => {});
    try {
      await other.connect();
      await other.query("SELECT pg_cancel_backend($1::int)", [
        (client as unknown as { processID: number }).processID,
      ]);
    } finally {
      await other.end().catch(() => {});
    }
  }

  /** Gives every connection back to the server. */
  async close(): Promise<void> {
    if (!this.#pool.ended) await this.#pool.end();
  }
}
