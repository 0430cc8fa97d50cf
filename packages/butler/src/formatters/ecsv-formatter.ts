import { readFile, writeFile } from "node:fs/promises";
import type { Table } from "@almagest/tables";
import { toTable } from "../storage-classes/convert-form.ts";
import type { Formatter } from "../types.ts";
import { loadTables, tablePart } from "./table-part.ts";

/** Tables as ECSV, astropy's text form. Components and the parameter `columns` as with Parquet. */
export const ecsvFormatter: Formatter<Table> = {
  name: "lsst.daf.butler.formatters.astropyTable.AstropyTableFormatter",
  extension: ".ecsv",
  write: async (table, path) =>
    writeFile(path, (await loadTables()).formatEcsv((await toTable(table)) as Table)),
  read: async (path, options) => {
    const { parseEcsv } = await loadTables();
    return tablePart(parseEcsv(await readFile(path, "utf8")), options);
  },
};
