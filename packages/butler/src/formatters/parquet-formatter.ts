import type { Table } from "@almagest/tables";
import type { Formatter } from "../types.ts";

/** Loaded with the first table: most commands touch none, and this is the greater part of what they would load. */
const loadTables = (): Promise<typeof import("@almagest/tables")> => import("@almagest/tables");

/** Tables as Parquet. Components: `columns` (names), `rowcount`; the parameter `columns` reads only those. */
export const parquetFormatter: Formatter<Table> = {
  name: "lsst.daf.butler.formatters.parquet.ParquetFormatter",
  extension: ".parq",
  write: async (table, path) => (await loadTables()).writeParquet(path, table),
  read: async (path, options) => {
    const { readParquet, readParquetSummary } = await loadTables();
    if (options.component === "columns") return (await readParquetSummary(path)).columnNames;
    if (options.component === "rowcount") return (await readParquetSummary(path)).rows;
    const columns = options.parameters?.columns;
    if (columns === undefined) return readParquet(path);
    return readParquet(path, { columns: typeof columns === "string" ? [columns] : (columns as string[]) });
  },
};
