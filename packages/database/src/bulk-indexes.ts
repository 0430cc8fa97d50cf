import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "./sql.ts";

const BULK_ROWS = 20_000;

/** Whether so many rows are better inserted without secondary indexes, to be built anew by sorting: where they at least
 * double the table. */
function isBulk(db: DatabaseSync, table: string, count: number): boolean {
  if (count < BULK_ROWS) return false;
  const { last } = db.prepare(`SELECT max(rowid) AS last FROM ${quoteIdentifier(table)}`).get() as {
    last: number | null;
  };
  return count >= (last ?? 0);
}

/**
 * Runs an insert of many rows (inside a transaction). Where they at least double the table, its secondary indexes are
 * dropped before and made again after, which is several times faster than keeping them up row by row; the schema ends
 * exactly as it was, and other connections see nothing in between.
 */
export function withBulkIndexes<T>(db: DatabaseSync, table: string, count: number, insert: () => T): T {
  if (!isBulk(db, table, count)) return insert();
  const indexes = db
    .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?")
    .all(table) as { name: string; sql: string }[];
  for (const { name } of indexes) db.exec(`DROP INDEX ${quoteIdentifier(name)}`);
  const result = insert();
  for (const { sql } of indexes) db.exec(sql);
  return result;
}
