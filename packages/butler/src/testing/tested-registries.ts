import { after, type TestContext, test } from "node:test";
import { missingForPostgres, type PostgresServer, startPostgres } from "@almagest/servers";

/** A test that hangs fails by its name instead of stopping the run; none takes a tenth of this on a busy machine. */
const LIMIT = { timeout: 180_000 };

const urls = new WeakMap<TestContext, string>();

/** Where a test's repositories keep their registry: a database URL, or undefined for SQLite. */
export function registryOf(t: TestContext): string | undefined {
  return urls.get(t);
}

let server: Promise<PostgresServer> | undefined;
after(async () => (await server)?.stop());
let count = 0;

/** URL of an empty database on this file's PostgreSQL server, which ends with the file's tests. */
export async function createTestDatabase(): Promise<string> {
  server ??= startPostgres(["fsync=off"]);
  return (await server).createDatabase(`butler_${++count}`);
}

/** A test that runs once on SQLite and once on PostgreSQL: `openSmallSurvey` makes its repository there. */
export function testOnEach(name: string, body: (t: TestContext) => Promise<void>): void {
  test(`${name} (SQLite)`, LIMIT, body);
  test(`${name} (PostgreSQL)`, LIMIT, async (t) => {
    const missing = missingForPostgres();
    if (missing !== "") return t.skip(missing);
    urls.set(t, await createTestDatabase());
    await body(t);
  });
}
