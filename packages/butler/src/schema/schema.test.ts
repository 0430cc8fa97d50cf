import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createUniverse } from "../dimensions/universe.ts";
import { calibsTable, tagsTable } from "./association-tables.ts";
import { createTableSqlite } from "./sqlite-ddl.ts";
import { fileRecordsTable, staticTables } from "./static-tables.ts";

const REFERENCE = join(
  import.meta.dirname,
  "../../../../../shared/reference/butler/butler-schema.sqlite.sql",
);

function statements(text: string): string[] {
  return text
    .replace(/^--.*$/gm, "")
    .split(/;\s*\n/)
    .map((statement) => statement.replace(/\s+/g, " ").trim())
    .filter((statement) => statement !== "")
    .sort();
}

test("the schema is the original's, statement for statement", (t) => {
  if (!existsSync(REFERENCE)) return t.skip("needs shared/reference/butler: butler-schema.sqlite.sql");
  const universe = createUniverse();
  const groups: [number, string[]][] = [
    [0, []],
    [1, ["detector", "exposure"]],
    [2, ["detector", "visit"]],
    [3, ["patch", "band"]],
    [4, ["detector"]],
    [5, ["htm7"]],
    [6, ["detector", "physical_filter"]],
  ];
  const specs = [
    ...staticTables(universe),
    fileRecordsTable("file_datastore_records"),
    ...groups.map(([key, names]) => tagsTable(universe, universe.completeGroup(names), key)),
    ...groups
      .slice(4, 7)
      .filter(([key]) => key !== 5)
      .map(([key, names]) => calibsTable(universe, universe.completeGroup(names), key)),
  ];
  const ours = statements(specs.flatMap(createTableSqlite).join(";\n").concat(";\n"));
  assert.deepEqual(ours, statements(readFileSync(REFERENCE, "utf8")));
});
