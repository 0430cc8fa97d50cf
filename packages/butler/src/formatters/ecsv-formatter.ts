import { readFile, writeFile } from "node:fs/promises";
import type { Table } from "@almagest/tables";
import type { Formatter } from "../types.ts";

/** Loaded with the first table, as for Parquet. */
const loadTables = (): Promise<typeof import("@almagest/tables")> => import("@almagest/tables");

/** Tables as ECSV, astropy's text form. Components and the parameter `columns` as with Parquet. */
export const ecsvFormatter: Formatter<Table> = {
  name: "lsst.daf.butler.formatters.astropyTable.AstropyTableFormatter",
  extension: ".ecsv",
  write: async (table, path) => writeFile(path, (await loadTables()).formatEcsv(table)),
  read: async (path, options) => {
    const { parseEcsv, selectColumns } = await loadTables();
    const table = parseEcsv(await readFile(path, "utf8"));
    if (options.component === "columns") return [...table.columns.keys()];
    if (options.component === "rowcount") return table.rows;
    const columns = options.parameters?.columns;
    if (columns === undefined) return table;
    return selectColumns(table, typeof columns === "string" ? [columns] : (columns as string[]));
  },
};
