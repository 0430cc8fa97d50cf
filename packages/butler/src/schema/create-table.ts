import type { Database } from "@almagest/database";
import { createTableSqlite } from "./sqlite-ddl.ts";
import type { TableSpec } from "./table-spec.ts";

/** Makes tables and their indexes in a database. */
export async function createTable(db: Database, ...specs: readonly TableSpec[]): Promise<void> {
  await db.script(specs.flatMap((spec) => createTableSqlite(spec)).join(";\n"));
}
