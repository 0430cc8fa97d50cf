import type { Table } from "@almagest/tables";
import type { ReadOptions } from "../types.ts";

/** Loaded with the first table: most commands touch none, and this is the greater part of what they would load. */
export const loadTables = (): Promise<typeof import("@almagest/tables")> => import("@almagest/tables");

/** The columns that the parameter `columns` of a read asks for; undefined for all. */
export function wantedColumns({ parameters }: ReadOptions): string[] | undefined {
  const columns = parameters?.columns;
  return typeof columns === "string" ? [columns] : (columns as string[] | undefined);
}

/** What is asked of a table that was read whole: the components `columns` (names) and `rowcount`, or its wanted columns. */
export async function tablePart(table: Table, options: ReadOptions): Promise<unknown> {
  if (options.component === "columns") return [...table.columns.keys()];
  if (options.component === "rowcount") return table.rows;
  const wanted = wantedColumns(options);
  return wanted === undefined ? table : (await loadTables()).selectColumns(table, wanted);
}
