import { readParquet, readParquetSummary, type Table, writeParquet } from "@almagest/tables";
import type { Formatter } from "../types.ts";

/** Tables as Parquet. Components: `columns` (names), `rowcount`; the parameter `columns` reads only those. */
export const parquetFormatter: Formatter<Table> = {
  name: "lsst.daf.butler.formatters.parquet.ParquetFormatter",
  extension: ".parq",
  write: (table, path) => writeParquet(path, table),
  read: async (path, options) => {
    if (options.component === "columns") return (await readParquetSummary(path)).columnNames;
    if (options.component === "rowcount") return (await readParquetSummary(path)).rows;
    const columns = options.parameters?.columns;
    if (columns === undefined) return readParquet(path);
    return readParquet(path, { columns: typeof columns === "string" ? [columns] : (columns as string[]) });
  },
};
