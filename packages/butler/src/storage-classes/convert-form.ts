import type { Column, ColumnData, Table } from "@almagest/tables";
import { loadTables } from "../formatters/table-part.ts";

/** A column as a plain array: booleans as such, a vector column as one array per row. */
export type PlainColumn = ColumnData | readonly boolean[] | readonly (ColumnData | readonly boolean[])[];

/** Storage classes whose values are tables here, whatever they are in Python. */
const TABLES: ReadonlySet<string> = new Set([
  "DataFrame",
  "ArrowTable",
  "ArrowAstropy",
  "ArrowNumpy",
  "AstropyTable",
  "AstropyQTable",
]);

/** True for a table. */
export function isTable(value: unknown): value is Table {
  const table = value as Partial<Table> | null | undefined;
  return typeof table === "object" && table?.columns instanceof Map && typeof table.rows === "number";
}

function isPlainColumn(value: unknown): value is PlainColumn {
  return (ArrayBuffer.isView(value) && !(value instanceof DataView)) || Array.isArray(value);
}

/** True for what a table is as a plain object: arrays by name of column. */
export function isArraysByName(value: unknown): value is Readonly<Record<string, PlainColumn>> {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return false;
  return Object.values(value).every(isPlainColumn);
}

function toPlainColumn({ data, logical, width = 1 }: Column): PlainColumn {
  const flat = logical ? Array.from(data as Uint8Array, (cell) => cell !== 0) : data;
  if (width === 1) return flat;
  return Array.from({ length: flat.length / width }, (_, row) => flat.slice(row * width, (row + 1) * width));
}

function toColumn(values: PlainColumn): Column {
  if (ArrayBuffer.isView(values)) return { data: values };
  const [first] = values;
  if (isPlainColumn(first)) {
    const rows = (values as readonly PlainColumn[]).map(toColumn);
    const width = rows[0]!.data.length;
    const { data, logical } = rows[0]!;
    const all = ArrayBuffer.isView(data)
      ? new (data.constructor as Float64ArrayConstructor)(rows.length * width)
      : ([] as string[]);
    rows.forEach((row, at) => {
      for (let place = 0; place < width; place++) all[at * width + place] = row.data[place] as never;
    });
    return { data: all, width, ...(logical ? { logical } : {}) };
  }
  if (typeof first === "string") return { data: [...values] as string[] };
  if (typeof first === "boolean")
    return { data: Uint8Array.from(values as readonly boolean[], Number), logical: true };
  if (typeof first === "bigint") return { data: BigInt64Array.from(values as unknown as bigint[]) };
  return { data: Float64Array.from(values as unknown as number[]) };
}

/** A table from a plain object of arrays; a table as it is. */
export async function toTable(value: unknown): Promise<unknown> {
  if (isTable(value) || !isArraysByName(value)) return value;
  const columns = Object.entries(value).map(([name, values]): [string, Column] => [name, toColumn(values)]);
  return (await loadTables()).createTable(columns);
}

/** A value in the form in which its storage class is held here: `ArrowNumpyDict` as a plain object of arrays, the other classes
 * of tables as a table; anything else as it is. */
export async function convertForm(value: unknown, storageClass: string): Promise<unknown> {
  if (TABLES.has(storageClass)) return toTable(value);
  if (storageClass !== "ArrowNumpyDict" || !isTable(value)) return value;
  return Object.fromEntries([...value.columns].map(([name, column]) => [name, toPlainColumn(column)]));
}
