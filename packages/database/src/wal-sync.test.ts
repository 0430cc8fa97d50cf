import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { openSqlite } from "./open-sqlite.ts";
import { sql } from "./sql.ts";
import { createWalSync } from "./wal-sync.ts";

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "almagest-wal-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test("SQLite syncs by itself unless the file has a write-ahead log, whose syncs are ours", async (t) => {
  const folder = await folderFor(t);
  const mode = async (journal: "wal" | "rollback"): Promise<number> => {
    const db = await openSqlite(join(folder, `${journal}.sqlite3`), { mustExist: false, journal });
    await db.script("CREATE TABLE item (id INTEGER PRIMARY KEY)");
    await db.transaction(() => db.run(sql`INSERT INTO item VALUES (1)`));
    const [row] = await db.rows(sql`PRAGMA synchronous`);
    await db.close();
    return Number(row![0]);
  };
  assert.deepEqual([await mode("rollback"), await mode("wal")], [2, 1]);
});

test("transactions at once are all there, with the log synced before each returns", async (t) => {
  const path = join(await folderFor(t), "a.sqlite3");
  const db = await openSqlite(path, { mustExist: false, journal: "wal" });
  await db.script("CREATE TABLE item (id INTEGER PRIMARY KEY)");
  const insert = (id: number): Promise<number> =>
    db.transaction(() => db.run(sql`INSERT INTO item VALUES (${id})`));
  await Promise.all(Array.from({ length: 50 }, (_, id) => insert(id)));
  await assert.rejects(insert(7), (error) => isAlmagestError(error, "DATABASE.CONSTRAINT"));
  const last = insert(50);
  await Promise.all([last, db.close()]);
  const again = await openSqlite(path);
  t.after(() => again.close());
  assert.deepEqual(await again.rows(sql`SELECT count(*) FROM item`), [[51]]);
});

test("a log that is made anew, or not there at all, is no error; one that cannot be opened is", async (t) => {
  const path = join(await folderFor(t), "b.sqlite3");
  const wal = createWalSync(path);
  await wal.sync();
  await writeFile(`${path}-wal`, "one");
  await Promise.all([wal.sync(), wal.sync(), wal.sync()]);
  await rm(`${path}-wal`);
  await wal.sync();
  await writeFile(`${path}-wal`, "two");
  await wal.sync();
  await wal.close();
  const impossible = createWalSync(join(`${path}-wal`, "below-a-file"));
  await assert.rejects(impossible.sync(), (error) => isAlmagestError(error, "DATABASE.COMMIT_UNKNOWN"));
});
