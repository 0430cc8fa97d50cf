import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { missingForPostgres, startPostgres } from "./postgres.ts";

test("a PostgreSQL server starts, keeps what was committed over a crash, and ends", async (t) => {
  const missing = missingForPostgres();
  if (missing !== "") return t.skip(missing);
  const server = await startPostgres();
  try {
    const url = server.createDatabase("one");
    const ask = (text: string): string =>
      execFileSync("psql", [url, "-qAtc", text], { encoding: "utf8" }).trim();
    ask("CREATE TABLE t (i int); INSERT INTO t VALUES (1), (2)");
    await server.crash();
    await server.start();
    assert.equal(ask("SELECT count(*) FROM t"), "2");
  } finally {
    await server.stop();
  }
});
