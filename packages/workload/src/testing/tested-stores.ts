import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { missingForPostgres, type PostgresServer, startPostgres } from "@almagest/servers";

/** A test that is given an empty place for `openWorkload`, gone after it. */
export type StoreTest = (name: string, body: (t: TestContext, place: string) => Promise<void>) => void;

let server: Promise<PostgresServer> | undefined;
let databases = 0;

async function sqlitePlace(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "workload-"));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, "w.db");
}

async function postgresPlace(): Promise<string> {
  // Nothing here ends it by force, so it need not wait for the disk.
  server ??= startPostgres(["fsync = off"]);
  return (await server).createDatabase(`workload_${++databases}`);
}

/** Runs a test once on SQLite and once on PostgreSQL. Call `usesStores` at the top of the file. */
export const onEveryStore: StoreTest = (name, body) => {
  test(`SQLite: ${name}`, async (t) => body(t, await sqlitePlace(t)));
  test(`PostgreSQL: ${name}`, { skip: missingForPostgres() || false }, async (t) =>
    body(t, await postgresPlace()),
  );
};

/** Has the server, if one was needed, end with the file's tests. */
export function usesStores(): void {
  after(async () => (await server)?.stop());
}
