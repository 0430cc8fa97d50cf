import type { Table } from "@almagest/tables";
import type { Formatter } from "../types.ts";
import { loadTables, wantedColumns } from "./table-part.ts";

/** Tables as Parquet. Components: `columns` (names), `rowcount`; the parameter `columns` reads only those. */
export const parquetFormatter: Formatter<Table> = {
  name: "lsst.daf.butler.formatters.parquet.ParquetFormatter",
  extension: ".parq",
  write: async (table, path) => (await loadTables()).writeParquet(path, table),
  read: async (path, options) => {
    const { readParquet, readParquetSummary } = await loadTables();
    if (options.component === "columns") return (await readParquetSummary(path)).columnNames;
    if (options.component === "rowcount") return (await readParquetSummary(path)).rows;
    const columns = wantedColumns(options);
    return columns === undefined ? readParquet(path) : readParquet(path, { columns });
  },
};
