import type { Table } from "@almagest/tables";
import { toTable } from "../storage-classes/convert-form.ts";
import type { Formatter } from "../types.ts";
import { loadTables, readTable, tableSchema } from "./table-part.ts";

/** Tables as Parquet, also given as plain objects of arrays. Components: `columns` (names), `rowcount`, `schema`; the parameters
 * `columns`, `filters`, `rows` and `rowgroups` read only those. */
export const parquetFormatter: Formatter<Table> = {
  name: "lsst.daf.butler.formatters.parquet.ParquetFormatter",
  extension: ".parq",
  write: async (table, path) => (await loadTables()).writeParquet(path, (await toTable(table)) as Table),
  read: async (path, options) => {
    const { readParquet, readParquetSummary } = await loadTables();
    if (options.component === "columns") return (await readParquetSummary(path)).columnNames;
    if (options.component === "rowcount") return (await readParquetSummary(path)).rows;
    if (options.component === "schema") return tableSchema(await readParquet(path, { rows: [0, 1] }));
    if (options.parameters === undefined) return readParquet(path);
    const { columnNames } = await readParquetSummary(path);
    return readTable(columnNames, options, (part) => readParquet(path, part));
  },
};
