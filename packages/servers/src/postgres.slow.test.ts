import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

test("a PostgreSQL server on a kept folder finds what an earlier one left there, even one that still runs", async (t) => {
  const missing = missingForPostgres();
  if (missing !== "") return t.skip(missing);
  const folder = mkdtempSync(join(tmpdir(), "kept-postgres-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const psql = (url: string, text: string): string =>
    execFileSync("psql", [url, "-qAtc", text], { encoding: "utf8" }).trim();
  const first = await startPostgres([], folder);
  psql(first.createDatabase("one"), "CREATE TABLE t (i int); INSERT INTO t VALUES (1), (2)");
  const second = await startPostgres([], folder);
  assert.equal(psql(second.createDatabase("one"), "SELECT count(*) FROM t"), "2");
  await second.stop();
  assert.ok(existsSync(join(folder, "data")));
});
