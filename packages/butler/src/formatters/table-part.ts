import { AlmagestError } from "@almagest/base";
import type { ReadParquetOptions, Table } from "@almagest/tables";
import { globToRegExp } from "../repository/name-pattern.ts";
import type { ReadOptions } from "../types.ts";
import { parseTableFilter } from "./table-filter.ts";

/** Loaded with the first table: most commands touch none, and this is the greater part of what they would load. */
export const loadTables = (): Promise<typeof import("@almagest/tables")> => import("@almagest/tables");

function invalid(parameter: string, form: string): AlmagestError {
  return new AlmagestError("BUTLER.STORAGE_CLASS", `The parameter ${parameter} of a table is ${form}.`, {
    fields: { parameter },
  });
}

/** The columns that the parameter `columns` of a read asks for, a name, names, or patterns of them with `*` and `?`; undefined
 * for all. Throws `TABLES.COLUMN_MISSING` for one that matches none. */
function wantedColumns(names: readonly string[], { parameters }: ReadOptions): string[] | undefined {
  const given = parameters?.columns;
  if (given === undefined) return undefined;
  const columns = [given].flat();
  if (!columns.every((name) => typeof name === "string"))
    throw invalid("columns", "a name or a list of names");
  const found = columns.flatMap((name) => {
    if (names.includes(name)) return [name];
    const pattern = globToRegExp(name);
    const matches = names.filter((each) => pattern.test(each));
    if (matches.length > 0) return matches;
    throw new AlmagestError(
      "TABLES.COLUMN_MISSING",
      `The table has no column '${name}'; it has ${names.slice(0, 20).join(", ")}.`,
      { fields: { column: name, names } },
    );
  });
  return [...new Set(found)];
}

function wantedRows({ parameters }: ReadOptions): Pick<ReadParquetOptions, "rows" | "rowGroups"> {
  const { rows, rowgroups } = parameters ?? {};
  const isIndex = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
  if (rows !== undefined && !(Array.isArray(rows) && rows.length === 2 && rows.every(isIndex)))
    throw invalid("rows", "[first, end], counted from 0");
  const groups = rowgroups === undefined ? undefined : [rowgroups].flat();
  if (groups !== undefined && (!groups.every(isIndex) || rows !== undefined))
    throw invalid("rowgroups", "a list of numbers from 0, without rows");
  return {
    ...(rows === undefined ? {} : { rows: rows as [number, number] }),
    ...(groups === undefined ? {} : { rowGroups: groups as number[] }),
  };
}

/** Reads a table, or what the parameters `columns`, `filters`, `rows` and `rowgroups` ask for, by a reader of columns and rows. */
export async function readTable(
  names: readonly string[],
  options: ReadOptions,
  read: (part: ReadParquetOptions) => Promise<Table>,
): Promise<Table> {
  const columns = wantedColumns(names, options);
  const filter = parseTableFilter(options.parameters?.filters);
  const needed = columns === undefined ? undefined : [...new Set([...columns, ...(filter?.columns ?? [])])];
  const table = await read({ ...wantedRows(options), ...(needed === undefined ? {} : { columns: needed }) });
  if (filter === undefined) return table;
  const { filterRows, selectColumns } = await loadTables();
  const kept = filterRows(table, filter.of(table));
  return columns === undefined ? kept : selectColumns(kept, columns);
}

/** Type of each column by name: `int64`, `float32`, `bool`, `string`, … with its width in brackets where it is a vector. */
export function tableSchema(table: Table): Record<string, string> {
  const typeOf = (data: unknown): string =>
    Array.isArray(data) ? "string" : data!.constructor.name.replace(/^Big|Array$/g, "").toLowerCase();
  return Object.fromEntries(
    [...table.columns].map(([name, { data, logical, width = 1 }]) => [
      name,
      (logical ? "bool" : typeOf(data)) + (width === 1 ? "" : `[${width}]`),
    ]),
  );
}

/** What is asked of a table that was read whole: a component (`columns`, `rowcount`, `schema`), or its wanted part. */
export async function tablePart(table: Table, options: ReadOptions): Promise<unknown> {
  if (options.component === "columns") return [...table.columns.keys()];
  if (options.component === "rowcount") return table.rows;
  if (options.component === "schema") return tableSchema(table);
  const { selectColumns, takeRows } = await loadTables();
  return readTable([...table.columns.keys()], options, async ({ columns, rows, rowGroups }) => {
    if (rowGroups !== undefined) throw invalid("rowgroups", "for Parquet alone");
    const kept = columns === undefined ? table : selectColumns(table, columns);
    if (rows === undefined) return kept;
    const [first, end] = [Math.min(rows[0], table.rows), Math.min(rows[1], table.rows)];
    return takeRows(
      kept,
      Array.from({ length: Math.max(0, end - first) }, (_, row) => first + row),
    );
  });
}
