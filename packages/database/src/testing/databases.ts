import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext } from "node:test";
import { missingForPostgres, type PostgresServer, startPostgres } from "@almagest/servers";
import type { Database } from "../database.ts";
import { openPostgres } from "../open-postgres.ts";
import { openSqlite } from "../open-sqlite.ts";

/** A kind of database that tests run on. */
export interface TestedDatabase {
  readonly name: string;
  /** What is missing to run it; empty when nothing is. */
  readonly missing: string;
  /** Makes an empty database that is gone after the test; the function opens a connection to it, closed by then. */
  create(t: TestContext): Promise<() => Promise<Database>>;
  /** The server, where there is one. */
  server?(): Promise<PostgresServer>;
}

const sqlite: TestedDatabase = {
  name: "SQLite",
  missing: "",
  create: async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "almagest-database-"));
    const open: Database[] = [];
    t.after(async () => {
      for (const db of open) await db.close();
      await rm(folder, { recursive: true });
    });
    return async () => {
      const db = await openSqlite(join(folder, "test.sqlite3"), { mustExist: false, busyTimeoutMs: 5000 });
      open.push(db);
      return db;
    };
  },
};

function createPostgres(): TestedDatabase {
  let server: Promise<PostgresServer> | undefined;
  let count = 0;
  const start = (): Promise<PostgresServer> => {
    server ??= startPostgres();
    return server;
  };
  after(async () => (await server)?.stop());
  return {
    name: "PostgreSQL",
    missing: missingForPostgres(),
    server: start,
    create: async (t) => {
      const url = (await start()).createDatabase(`test_${++count}`);
      const open: Database[] = [];
      t.after(async () => {
        for (const db of open) await db.close();
      });
      return async () => {
        const db = await openPostgres(url, { reconnectMs: 20_000 });
        open.push(db);
        return db;
      };
    },
  };
}

/** Every kind of database; call at the top of a test file. A server, if one is needed, ends with the file's tests. */
export function testedDatabases(): TestedDatabase[] {
  return [sqlite, createPostgres()];
}
