import assert from "node:assert/strict";
import { test } from "node:test";
import { renderAstropyTable } from "./astropy-table.ts";
import { pythonFloat, pythonText, timespanText } from "./python-text.ts";

test("a table is laid out as astropy prints it", () => {
  const table = {
    columns: ["Name", "id"],
    rows: [
      ["a/long/name", "1"],
      ["é", "22"],
    ],
  };
  assert.equal(
    renderAstropyTable(table),
    "    Name     id\n----------- ---\na/long/name   1\n          é  22",
  );
  assert.equal(
    renderAstropyTable({ ...table, left: true }),
    "    Name     id\n----------- ---\na/long/name 1  \né           22 ",
  );
});

test("values are written as Python writes them", () => {
  const floats = [30, 0, -0.5, 1e-5, 1e16, 1.5e300, 123456789012345.6, Number.NaN, -Infinity];
  assert.deepEqual(floats.map(pythonFloat), [
    "30.0",
    "0.0",
    "-0.5",
    "1e-05",
    "1e+16",
    "1.5e+300",
    "123456789012345.6",
    "nan",
    "-inf",
  ]);
  assert.equal(pythonText(["a", "b"]), "['a', 'b']");
  assert.equal(pythonText(null), "None");
  assert.equal(pythonText(true), "True");
  assert.equal(timespanText({}), "(-∞, ∞)");
  assert.equal(
    timespanText({ begin: 0n, end: 1_500_000_000n }),
    "[1970-01-01T00:00:00, 1970-01-01T00:00:01)",
  );
  assert.equal(timespanText({ begin: 5n, end: 5n }), "(empty)");
});
