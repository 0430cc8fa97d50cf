import { columnExists, getColumn } from "./create-table.ts";
import type { Column, Table } from "./table.ts";
import { takeRows } from "./take-rows.ts";

/** How to join: `inner` keeps left rows that match, `left` keeps all (fill values where the right has none). */
export interface JoinOptions {
  readonly how?: "inner" | "left";
  /** Appended to right columns whose name the left has; without it such a clash is an error. */
  readonly suffix?: string;
}

/** Joins two tables on equal key columns (same names in both). Each left row is repeated for each matching right row;
 * order is the left's, then the right's. Numbers and bigints of equal value match.
 * Throws `TABLES.COLUMN_MISSING`, `TABLES.COLUMN_EXISTS`. */
export function joinTables(
  left: Table,
  right: Table,
  by: string | readonly string[],
  options: JoinOptions = {},
): Table {
  const names = typeof by === "string" ? [by] : by;
  const leftKey = keyReader(left, names);
  const rightKey = keyReader(right, names);
  const rightRows = new Map<string, number[]>();
  for (let row = 0; row < right.rows; row++) {
    const key = rightKey(row);
    const list = rightRows.get(key);
    if (list) list.push(row);
    else rightRows.set(key, [row]);
  }
  const fromLeft: number[] = [];
  const fromRight: number[] = [];
  for (let row = 0; row < left.rows; row++) {
    const matches = rightRows.get(leftKey(row)) ?? (options.how === "left" ? [-1] : []);
    for (const match of matches) {
      fromLeft.push(row);
      fromRight.push(match);
    }
  }
  const columns = new Map<string, Column>(takeRows(left, fromLeft).columns);
  for (const [name, column] of takeRows(right, fromRight).columns) {
    if (names.includes(name)) continue;
    const target = columns.has(name) && options.suffix !== undefined ? name + options.suffix : name;
    if (columns.has(target)) throw columnExists(target);
    columns.set(target, column);
  }
  return { rows: fromLeft.length, columns, metadata: left.metadata };
}

function keyReader(table: Table, names: readonly string[]): (row: number) => string {
  const keys = names.map((name) => getColumn(table, name).data);
  if (keys.length === 1) return (row) => String(keys[0]![row]);
  return (row) => JSON.stringify(keys.map((key) => String(key[row])));
}
