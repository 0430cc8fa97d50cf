import assert from "node:assert/strict";
import { test } from "node:test";
import { readColumns } from "./read-columns.ts";
import { sql } from "./sql.ts";
import { testedDatabases } from "./testing/databases.ts";

for (const tested of testedDatabases()) {
  test(`${tested.name}: a result by columns keeps order, texts and integers, and says when it is too large`, async (t) => {
    if (tested.missing !== "") return t.skip(tested.missing);
    const db = await (await tested.create(t))();
    await db.script("CREATE TABLE thing (id TEXT NOT NULL, number BIGINT NOT NULL, word TEXT NOT NULL)");
    const rows = Array.from({ length: 50 }, (_, index) => [
      `id-${String((index * 7) % 50).padStart(2, "0")}`,
      9_000_000_000_000_000 + ((index * 11) % 50),
      `"it's ${index}\n\u00e9\u{1f30c}\\`,
    ]);
    await db.insertMany("thing", ["id", "number", "word"], rows);
    const columns = [{ name: "word" }, { name: "id", joined: true }, { name: "number" }];
    const query = sql`SELECT id, number, word FROM thing ORDER BY id DESC`;
    const sorted = rows.toSorted(([one], [other]) => (one! < other! ? 1 : -1));
    assert.deepEqual(await readColumns(db, query, columns, { mostRows: 50 }), {
      rows: 50,
      columns: [
        sorted.map((row) => row[2]),
        sorted.map((row) => row[0]).join(""),
        sorted.map((row) => row[1]),
      ],
    });
    assert.equal(await readColumns(db, query, columns, { mostRows: 49 }), undefined);
    const nothing = sql`SELECT id, number, word FROM thing WHERE number < ${0}`;
    assert.deepEqual(await readColumns(db, nothing, columns, { mostRows: 49 }), {
      rows: 0,
      columns: [[], "", []],
    });
  });
}
