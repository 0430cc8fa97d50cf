import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openPostgres, sql } from "@almagest/database";
import { missingForPostgres } from "@almagest/servers";
import { createUniverse } from "../dimensions/universe.ts";
import { createTestDatabase } from "../testing/tested-registries.ts";
import { calibsTable, tagsTable } from "./association-tables.ts";
import { createTable } from "./create-table.ts";
import { shortenName } from "./postgres-ddl.ts";
import { fileRecordsTable, staticTables } from "./static-tables.ts";

const REFERENCE = join(
  import.meta.dirname,
  "../../../../../shared/reference/butler/butler-schema.postgresql.sql",
);

/** Statements of a dump; comments on columns are prose, and settings are the dump's own. */
function statements(text: string): string[] {
  return text
    .replace(/^(--|SET |SELECT |\\).*$/gm, "")
    .split(/;\s*\n/)
    .map((statement) => statement.replace(/\s+/g, " ").trim())
    .filter((statement) => statement !== "" && !/^COMMENT|^(CREATE|ALTER) EXTENSION|OWNER TO/.test(statement))
    .sort();
}

test("names over 63 characters are shortened as the original shortens them", () => {
  assert.equal(shortenName("collection_unq_name"), "collection_unq_name");
  assert.equal(
    shortenName(
      "dataset_tags_00000001_unq_dataset_type_id_collection_id_instrument_detector_physical_filter",
    ),
    "dataset_tags_00000001_unq_dataset_type_id_collection_i_b331a4e3",
  );
});

test("the schema on PostgreSQL is the original's, statement for statement, as its server tells it", async (t) => {
  const missing = missingForPostgres();
  if (missing !== "") return t.skip(missing);
  if (!existsSync(REFERENCE)) return t.skip("needs shared/reference/butler: butler-schema.postgresql.sql");
  const url = await createTestDatabase();
  await using db = await openPostgres(url, { schema: "bt" });
  await db.run(sql`CREATE SCHEMA bt`);
  await db.script("CREATE EXTENSION btree_gist SCHEMA public");
  const universe = createUniverse();
  const group = (...names: string[]) => universe.completeGroup(names);
  await createTable(
    db,
    ...staticTables(universe),
    fileRecordsTable("file_datastore_records"),
    tagsTable(universe, group("detector", "physical_filter"), 1),
    calibsTable(universe, group("detector", "physical_filter"), 1),
    tagsTable(universe, group("detector"), 2),
    calibsTable(universe, group("detector"), 2),
  );
  const dump = execFileSync(
    "pg_dump",
    ["--schema-only", "--no-owner", "--no-privileges", "--schema=bt", url],
    {
      encoding: "utf8",
    },
  );
  assert.deepEqual(statements(dump), statements(readFileSync(REFERENCE, "utf8")));
});
