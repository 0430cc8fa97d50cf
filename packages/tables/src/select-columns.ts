import type { ColumnInput } from "./create-table.ts";
import { columnExists, createTable, getColumn } from "./create-table.ts";
import type { Column, Table } from "./table.ts";

/** The named columns only, in that order. Throws `TABLES.COLUMN_MISSING`. */
export function selectColumns(table: Table, names: readonly string[]): Table {
  return { ...table, columns: new Map(names.map((name) => [name, getColumn(table, name)])) };
}

/** The table without the named columns; names it lacks are ignored. */
export function dropColumns(table: Table, names: readonly string[]): Table {
  const dropped = new Set(names);
  return { ...table, columns: new Map([...table.columns].filter(([name]) => !dropped.has(name))) };
}

/** The table with columns added at the end, or replaced in place where the name exists.
 * Throws `TABLES.COLUMN_LENGTH` when one has another number of rows. */
export function withColumns(table: Table, added: Readonly<Record<string, ColumnInput>>): Table {
  const columns = new Map<string, ColumnInput>(table.columns);
  for (const [name, input] of Object.entries(added)) columns.set(name, input);
  return createTable(columns, table.metadata);
}

/** The table with columns renamed, `{old: new}`. Throws `TABLES.COLUMN_MISSING` or `TABLES.COLUMN_EXISTS`. */
export function renameColumns(table: Table, names: Readonly<Record<string, string>>): Table {
  for (const name of Object.keys(names)) getColumn(table, name);
  const columns = new Map<string, Column>();
  for (const [name, column] of table.columns) {
    const renamed = Object.hasOwn(names, name) ? names[name]! : name;
    if (columns.has(renamed)) throw columnExists(renamed);
    columns.set(renamed, column);
  }
  return { ...table, columns };
}

/** The table with metadata entries added or replaced. */
export function withMetadata(table: Table, metadata: Readonly<Record<string, string>>): Table {
  return { ...table, metadata: { ...table.metadata, ...metadata } };
}
