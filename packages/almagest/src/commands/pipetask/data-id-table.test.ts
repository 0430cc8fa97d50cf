import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { createUniverse } from "@almagest/butler";
import { dataIdExpression } from "./data-id-table.ts";

const universe = createUniverse();

test("a table of data ids becomes an expression, rows alike but for the last column as one list", () => {
  const columns = ["instrument", "visit", "detector"];
  const rows = ["O'Cam 1 10", "O'Cam 1 11", "O'Cam 2 10"].map((line) => line.split(" "));
  assert.equal(
    dataIdExpression(universe, { columns, rows }),
    "(instrument = 'O''Cam' AND visit = 1 AND detector IN (10, 11)) OR (instrument = 'O''Cam' AND visit = 2 AND detector IN (10))",
  );
});

test("a value that is no number where one is needed is refused, and so is an empty table", () => {
  for (const rows of [[["one"]], []]) {
    assert.throws(
      () => dataIdExpression(universe, { columns: ["visit"], rows }),
      (error) => isAlmagestError(error, "ALMAGEST.USAGE"),
    );
  }
});
