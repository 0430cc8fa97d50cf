import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import {
  concatTables,
  createTable,
  dropColumns,
  filterRows,
  getNumbers,
  joinTables,
  renameColumns,
  selectColumns,
  sortRows,
  type Table,
  takeRows,
  withColumns,
} from "./index.ts";

const stars = createTable({
  id: BigInt64Array.of(3n, 1n, 2n, 1n),
  mag: { data: Float32Array.of(20, Number.NaN, 18, 19), unit: "mag" },
  band: ["r", "g", "g", "i"],
  xy: { data: Float64Array.of(0, 1, 10, 11, 20, 21, 30, 31), width: 2 },
});
const values = (table: Table, name: string) => [...table.columns.get(name)!.data];
const fails = (code: string) => (error: unknown) => isAlmagestError(error, code);

test("rows are taken, filtered and sorted, vectors along with them", () => {
  assert.deepEqual(values(takeRows(stars, [2, 0, -1]), "xy"), [20, 21, 0, 1, Number.NaN, Number.NaN]);
  assert.deepEqual(values(takeRows(stars, [-1]), "band"), [""]);
  assert.deepEqual(
    values(
      filterRows(stars, (row) => row > 1),
      "id",
    ),
    [2n, 1n],
  );
  assert.deepEqual(values(filterRows(stars, Uint8Array.of(1, 0, 0, 1)), "band"), ["r", "i"]);
  assert.deepEqual(values(sortRows(stars, "mag"), "mag"), [18, 19, 20, Number.NaN]);
  assert.deepEqual(values(sortRows(stars, "mag", { descending: true }), "mag"), [20, 19, 18, Number.NaN]);
  assert.deepEqual(values(sortRows(stars, ["band", "id"]), "id"), [1n, 2n, 1n, 3n]);
  assert.equal(sortRows(stars, "mag").columns.get("mag")!.unit, "mag");
});

test("columns are selected, dropped, renamed and added", () => {
  assert.deepEqual([...selectColumns(stars, ["band", "id"]).columns.keys()], ["band", "id"]);
  assert.deepEqual([...dropColumns(stars, ["mag", "nope"]).columns.keys()], ["id", "band", "xy"]);
  assert.deepEqual([...renameColumns(stars, { id: "objectId" }).columns.keys()][0], "objectId");
  assert.throws(() => renameColumns(stars, { id: "mag" }), fails("TABLES.COLUMN_EXISTS"));
  assert.throws(() => selectColumns(stars, ["magn"]), fails("TABLES.COLUMN_MISSING"));
  const more = withColumns(stars, { mag: Float32Array.of(1, 2, 3, 4), flag: new Uint8Array(4) });
  assert.deepEqual([...more.columns.keys()], ["id", "mag", "band", "xy", "flag"]);
  assert.throws(() => withColumns(stars, { x: new Float32Array(3) }), fails("TABLES.COLUMN_LENGTH"));
  assert.throws(() => createTable({ v: { data: new Float32Array(3), width: 2 } }), fails("TABLES."));
  assert.deepEqual(getNumbers(stars, "id"), Float64Array.of(3, 1, 2, 1));
  assert.throws(() => getNumbers(stars, "band"), fails("TABLES.COLUMN_TYPE"));
});

test("tables are stacked when their columns agree", () => {
  const twice = concatTables([stars, stars]);
  assert.equal(twice.rows, 8);
  assert.deepEqual(values(twice, "xy").slice(8), values(stars, "xy"));
  assert.throws(() => concatTables([stars, dropColumns(stars, ["id"])]), fails("TABLES.COLUMN_MISSING"));
  assert.throws(() => concatTables([dropColumns(stars, ["id"]), stars]), fails("TABLES.COLUMN_MISSING"));
  assert.throws(
    () => concatTables([stars, withColumns(stars, { mag: new Float64Array(4) })]),
    fails("TABLES.COLUMN_TYPE"),
  );
});

test("tables are joined by key, inner and left, repeating for repeated keys", () => {
  const names = createTable({ id: Int32Array.of(1, 3, 1), label: ["one", "three", "uno"] });
  const inner = joinTables(stars, names, "id");
  assert.deepEqual(values(inner, "label"), ["three", "one", "uno", "one", "uno"]);
  assert.deepEqual(values(inner, "id"), [3n, 1n, 1n, 1n, 1n]);
  const left = joinTables(stars, names, ["id"], { how: "left" });
  assert.deepEqual(values(left, "label"), ["three", "one", "uno", "", "one", "uno"]);
  assert.throws(() => joinTables(stars, stars, "id"), fails("TABLES.COLUMN_EXISTS"));
  assert.ok(joinTables(stars, stars, "id", { suffix: "_2" }).columns.has("mag_2"));
  assert.deepEqual(values(joinTables(stars, stars, ["id", "band"], { suffix: "_2" }), "id"), [
    3n,
    1n,
    2n,
    1n,
  ]);
});
