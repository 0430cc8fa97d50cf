import { AlmagestError, invariant } from "@almagest/base";
import { allocateLike, columnKind } from "./column-data.ts";
import { getColumn } from "./create-table.ts";
import type { Column, Table } from "./table.ts";

/** Stacks tables on top of each other. All need the first one's columns with the same storage and width; further
 * columns are an error too. Units, docs and metadata come from the first table.
 * Throws `TABLES.COLUMN_MISSING`, `TABLES.COLUMN_TYPE`. */
export function concatTables(tables: readonly Table[]): Table {
  const first = tables[0];
  invariant(first, "concatTables needs at least one table");
  if (tables.length === 1) return first;
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  for (const table of tables) for (const name of table.columns.keys()) getColumn(first, name);
  const columns = new Map<string, Column>();
  for (const [name, column] of first.columns) {
    const width = column.width ?? 1;
    const data = allocateLike(column.data, rows * width) as Float64Array;
    let offset = 0;
    for (const table of tables) {
      const part = getColumn(table, name);
      if (columnKind(part.data) !== columnKind(column.data) || (part.width ?? 1) !== width) {
        throw new AlmagestError(
          "TABLES.COLUMN_TYPE",
          `Column '${name}' is ${columnKind(column.data)}×${width} in one table and ${columnKind(part.data)}×${part.width ?? 1} in another.`,
          { fields: { name } },
        );
      }
      if (Array.isArray(part.data))
        for (const text of part.data) (data as unknown as string[])[offset++] = text;
      else {
        data.set(part.data as Float64Array, offset);
        offset += part.data.length;
      }
    }
    columns.set(name, { ...column, data });
  }
  return { rows, columns, metadata: first.metadata };
}
