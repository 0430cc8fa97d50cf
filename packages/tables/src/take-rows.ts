import { gatherRows } from "./column-data.ts";
import { getColumn } from "./create-table.ts";
import type { Column, Table } from "./table.ts";

/** The rows `indices` in that order; repeats are allowed, a negative index gives a row of fill values
 * (NaN, zero, empty text). */
export function takeRows(table: Table, indices: ArrayLike<number>): Table {
  const columns = new Map<string, Column>();
  for (const [name, column] of table.columns) {
    columns.set(name, { ...column, data: gatherRows(column.data, indices, column.width) });
  }
  return { rows: indices.length, columns, metadata: table.metadata };
}

/** The rows for which `keep(row)` is true, or whose entry in a byte mask is not zero. */
export function filterRows(table: Table, keep: Uint8Array | ((row: number) => boolean)): Table {
  const test = typeof keep === "function" ? keep : (row: number) => keep[row] !== 0;
  const indices: number[] = [];
  for (let row = 0; row < table.rows; row++) if (test(row)) indices.push(row);
  return takeRows(table, indices);
}

/** The table sorted by one or more columns, ascending (or all descending); equal rows keep their order, NaN goes last.
 * Throws `TABLES.COLUMN_MISSING`. */
export function sortRows(
  table: Table,
  by: string | readonly string[],
  options: { descending?: boolean } = {},
): Table {
  const names = typeof by === "string" ? [by] : by;
  const keys = names.map((name) => getColumn(table, name).data as Float64Array);
  const sign = options.descending ? -1 : 1;
  const order = Array.from({ length: table.rows }, (_, row) => row);
  order.sort((a, b) => {
    for (const key of keys) {
      const x = key[a]!;
      const y = key[b]!;
      if (x === y) continue;
      if (Number.isNaN(x) || Number.isNaN(y)) {
        if (Number.isNaN(x) && Number.isNaN(y)) continue;
        return Number.isNaN(x) ? 1 : -1;
      }
      return x < y ? -sign : sign;
    }
    return a - b;
  });
  return takeRows(table, order);
}
