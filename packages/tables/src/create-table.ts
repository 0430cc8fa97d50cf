import { AlmagestError } from "@almagest/base";
import type { Column, ColumnData, Table } from "./table.ts";

/** A column given in full, or just its values. */
export type ColumnInput = Column | ColumnData;

const isColumn = (input: ColumnInput): input is Column => !Array.isArray(input) && !ArrayBuffer.isView(input);

/** Creates a table from columns by name (an object, a Map, or pairs), in the order given.
 * Throws `TABLES.COLUMN_LENGTH` when the columns differ in rows, or do not divide by their width. */
export function createTable(
  columns: Readonly<Record<string, ColumnInput>> | Iterable<readonly [string, ColumnInput]>,
  metadata: Readonly<Record<string, string>> = {},
): Table {
  const entries: Iterable<readonly [string, ColumnInput]> =
    Symbol.iterator in columns
      ? (columns as Iterable<readonly [string, ColumnInput]>)
      : Object.entries(columns);
  const byName = new Map<string, Column>();
  let rows: number | undefined;
  for (const [name, input] of entries) {
    const column = isColumn(input) ? input : { data: input };
    const length = column.data.length / (column.width ?? 1);
    if (byName.has(name)) throw columnExists(name);
    if ((rows !== undefined && rows !== length) || !Number.isInteger(length)) {
      throw new AlmagestError(
        "TABLES.COLUMN_LENGTH",
        `Column '${name}' has ${length} rows where the others have ${rows ?? "a whole number"}.`,
        { fields: { name, length, rows } },
      );
    }
    rows = length;
    byName.set(name, column);
  }
  return { rows: rows ?? 0, columns: byName, metadata };
}

/** The error for two columns of one name. */
export function columnExists(name: string): AlmagestError {
  return new AlmagestError(
    "TABLES.COLUMN_EXISTS",
    `There is already a column '${name}'; rename one of them.`,
    {
      fields: { name },
    },
  );
}

/** The column of that name. Throws `TABLES.COLUMN_MISSING` naming what there is. */
export function getColumn(table: Table, name: string): Column {
  const column = table.columns.get(name);
  if (column) return column;
  const names = [...table.columns.keys()];
  const near = names.filter((other) => other.toLowerCase().includes(name.toLowerCase().slice(0, 4)));
  const shown = (near.length > 0 ? near : names).slice(0, 12).join(", ");
  throw new AlmagestError("TABLES.COLUMN_MISSING", `No column '${name}' in the table; it has ${shown}.`, {
    fields: { name, names },
  });
}

/** The values of one column as numbers, one Float64Array of rows × width (64-bit integers lose digits beyond 2^53).
 * Throws `TABLES.COLUMN_MISSING`, or `TABLES.COLUMN_TYPE` for text. */
export function getNumbers(table: Table, name: string): Float64Array {
  const { data } = getColumn(table, name);
  if (data instanceof Float64Array) return data;
  if (Array.isArray(data)) {
    throw new AlmagestError("TABLES.COLUMN_TYPE", `Column '${name}' holds text, not numbers.`, {
      fields: { name },
    });
  }
  return data instanceof BigInt64Array ? Float64Array.from(data, Number) : Float64Array.from(data);
}
