import { AlmagestError } from "@almagest/base";
import type pg from "pg";
import type { Database } from "./database.ts";
import { PostgresConnections } from "./postgres-connections.ts";
import { PostgresDatabase } from "./postgres-database.ts";
import { quoteIdentifier } from "./sql.ts";

/** How to open a PostgreSQL database. */
export interface PostgresOptions {
  readonly readOnly?: boolean;
  /** Schema whose tables are meant; the server's default unless given. */
  readonly schema?: string;
  readonly user?: string;
  readonly password?: string;
  /** Connections kept at most; 10 unless told. */
  readonly connections?: number;
  /** How long to wait for a server that restarts; 30,000 unless told. */
  readonly reconnectMs?: number;
  /** Transactions follow one another, also those of other programs that ask for it, as on SQLite. */
  readonly oneWriter?: boolean;
}

/** Where a URL leads, without the password. */
function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^:@/]*):[^@/]*@/, "$1@");
}

/** The URL with a user and password put in where it has none. */
function withUser(text: string, options: PostgresOptions): string {
  const url = new URL(text);
  if (url.username === "" && options.user !== undefined) url.username = options.user;
  if (url.password === "" && options.password !== undefined) url.password = options.password;
  return url.href;
}

/** Opens a database of a PostgreSQL server: `postgresql://[user[:password]@]host[:port]/name`; what the URL leaves out comes
 * from PGHOST, PGUSER, PGPASSWORD, `~/.pgpass` and so on. Throws `DATABASE.OPEN`. */
export async function openPostgres(url: string, options: PostgresOptions = {}): Promise<Database> {
  const settings = [
    "-c TimeZone=UTC",
    // A cursor is read to its end here; the planner would prefer a plan that is fast for the first rows only.
    "-c cursor_tuple_fraction=1",
    ...(options.readOnly ? ["-c default_transaction_read_only=on"] : []),
    ...(options.schema === undefined
      ? []
      : [`-c search_path=${quoteIdentifier(options.schema).replace(/[\\ ]/g, "\\$&")}`]),
  ];
  const config = {
    connectionString: withUser(url, options),
    max: options.connections ?? 10,
    application_name: "almagest",
    options: settings.join(" "),
    pipeline: true,
    allowExitOnIdle: true,
  } as pg.PoolConfig;
  // Loaded only where there is a server to speak to.
  const { default: driver } = await import("pg");
  const pool = new driver.Pool(config);
  // A connection that breaks while nobody uses it is replaced when it is next needed.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  try {
    (await pool.connect()).release();
  } catch (cause) {
    await pool.end();
    throw new AlmagestError(
      "DATABASE.OPEN",
      `Cannot open the database ${withoutPassword(url)}: ${(cause as Error).message || (cause as { code?: string }).code}.`,
      { cause, fields: { url: withoutPassword(url) } },
    );
  }
  return new PostgresDatabase(
    new PostgresConnections(pool, () => new driver.Client(config), options.reconnectMs ?? 30_000),
    {
      oneWriter: options.oneWriter ?? false,
    },
  );
}
