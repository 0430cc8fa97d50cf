import type { Database } from "@almagest/database";
import { createTablePostgres } from "./postgres-ddl.ts";
import { createTableSqlite } from "./sqlite-ddl.ts";
import type { TableSpec } from "./table-spec.ts";

/** Makes tables and their indexes in a database. */
export async function createTable(db: Database, ...specs: readonly TableSpec[]): Promise<void> {
  const statementsOf = db.dialect === "sqlite" ? createTableSqlite : createTablePostgres;
  await db.script(specs.flatMap(statementsOf).join(";\n"));
}
