import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import type { Database } from "./database.ts";
import { openSqlite } from "./open-sqlite.ts";
import { compileSql, identifier, joinSql, sql } from "./sql.ts";

async function openTwo(t: TestContext): Promise<[Database, Database]> {
  const folder = await mkdtemp(join(tmpdir(), "almagest-database-"));
  const path = join(folder, "test.sqlite3");
  const a = await openSqlite(path, { mustExist: false });
  await a.script("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
  const b = await openSqlite(path, { busyTimeoutMs: 5000 });
  t.after(async () => {
    await a.close();
    await b.close();
    await rm(folder, { recursive: true });
  });
  return [a, b];
}

test("values become parameters, never text, in both dialects", () => {
  const evil = "x'; DROP TABLE item; --";
  const query = sql`SELECT ${identifier('a"b')} FROM t WHERE x IN (${joinSql([1, evil])}) AND y = ${null}`;
  assert.equal(compileSql(query, "sqlite"), 'SELECT "a""b" FROM t WHERE x IN (?, ?) AND y = ?');
  assert.equal(compileSql(query, "postgresql"), 'SELECT "a""b" FROM t WHERE x IN ($1, $2) AND y = $3');
  assert.deepEqual(query.values, [1, evil, null]);
});

test("a transaction rolls back whole, a savepoint alone", async (t) => {
  const [db] = await openTwo(t);
  await db.transaction(async () => {
    await db.run(sql`INSERT INTO item (name) VALUES ('kept')`);
    await assert.rejects(
      db.transaction(async () => {
        await db.run(sql`INSERT INTO item (name) VALUES ('lost')`);
        throw new Error("inner");
      }),
      /inner/,
    );
  });
  await assert.rejects(
    db.transaction(async () => {
      await db.run(sql`INSERT INTO item (name) VALUES ('gone')`);
      throw new Error("outer");
    }),
    /outer/,
  );
  assert.deepEqual(await db.rows(sql`SELECT name FROM item`), [["kept"]]);
});

test("readers outside a transaction see nothing of it, and writers wait their turn", async (t) => {
  const [a, b] = await openTwo(t);
  let release!: () => void;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begun!: () => void;
  const started = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const first = a.transaction(async () => {
    await a.run(sql`INSERT INTO item (name) VALUES ('one')`);
    begun();
    await held;
  });
  await started;
  const second = b.transaction(() => b.run(sql`INSERT INTO item (name) VALUES ('two')`));
  const read = a.rows(sql`SELECT count(*) FROM item`);
  release();
  await first;
  assert.ok(Number((await read)[0]![0]) >= 1);
  await second;
  assert.deepEqual((await b.rows(sql`SELECT name FROM item ORDER BY id`)).flat(), ["one", "two"]);
});

test("many rows are inserted with any conflict rule, and indexes come back as they were", async (t) => {
  const [db, other] = await openTwo(t);
  await db.script("CREATE INDEX item_name ON item (name DESC)");
  const seen = await other.foreignChanges();
  const rows = Array.from({ length: 25_000 }, (_, id): [number, string] => [id, `n${id}`]);
  assert.equal(await db.insertMany("item", ["id", "name"], rows), 25_000);
  assert.notEqual(await other.foreignChanges(), seen);
  assert.deepEqual(await db.rows(sql`SELECT sql FROM sqlite_master WHERE name = 'item_name'`), [
    ["CREATE INDEX item_name ON item (name DESC)"],
  ]);
  assert.equal(await db.insertMany("item", ["id", "name"], rows.slice(0, 50), { onConflict: "ignore" }), 0);
  await assert.rejects(db.insertMany("item", ["id", "name"], [[1, "again"]]), (error) =>
    isAlmagestError(error, "DATABASE.CONSTRAINT"),
  );
  await db.insertMany("item", ["id", "name"], [[1, "again"]], { onConflict: { replaceBy: ["id"] } });
  assert.deepEqual(await db.rows(sql`SELECT name FROM item WHERE id = 1`), [["again"]]);
});

test("a stream gives every row once and holds no lock", async (t) => {
  const [a, b] = await openTwo(t);
  await a.insertMany(
    "item",
    ["name"],
    Array.from({ length: 25 }, (_, i) => [`n${i}`]),
  );
  let count = 0;
  for await (const page of a.stream(sql`SELECT id FROM item`, { pageRows: 10 })) {
    count += page.length;
    await b.run(sql`INSERT INTO item (name) VALUES (${`during ${count}`})`);
  }
  assert.equal(count, 25);
});

test("a missing or foreign file is refused", async () => {
  await assert.rejects(openSqlite("/nowhere/x.sqlite3"), (error) => isAlmagestError(error, "DATABASE.OPEN"));
  await assert.rejects(openSqlite(import.meta.filename), (error) =>
    isAlmagestError(error, "DATABASE.CORRUPT"),
  );
});
