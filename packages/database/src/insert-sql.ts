import type { OnConflict } from "./database.ts";
import { quoteIdentifier } from "./sql.ts";

/** `INSERT INTO t (…) VALUES`. */
export function insertHead(table: string, columns: readonly string[]): string {
  return `INSERT INTO ${quoteIdentifier(table)} (${columns.map(quoteIdentifier).join(", ")}) VALUES`;
}

/** The ON CONFLICT part of an insert, in the words both databases share. */
export function conflictClause(columns: readonly string[], onConflict: OnConflict): string {
  if (onConflict === "error") return "";
  if (onConflict === "ignore") return " ON CONFLICT DO NOTHING";
  const key = new Set(onConflict.replaceBy);
  const updates = columns
    .filter((column) => !key.has(column))
    .map((column) => `${quoteIdentifier(column)} = excluded.${quoteIdentifier(column)}`);
  const target = onConflict.replaceBy.map(quoteIdentifier).join(", ");
  return updates.length === 0
    ? ` ON CONFLICT (${target}) DO NOTHING`
    : ` ON CONFLICT (${target}) DO UPDATE SET ${updates.join(", ")}`;
}
