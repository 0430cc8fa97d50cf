import { type AstropyTable, renderAstropyTable } from "./astropy-table.ts";
import { type RowOptions, toJsonText } from "./print-rows.ts";
import type { Terminal } from "./terminal.ts";
import { type Row, renderCsv } from "./text-table.ts";

/** What a query found, in its three forms. */
export interface Listing {
  /** Tables of the text form, as the original has them. */
  readonly tables: readonly AstropyTable[];
  /** Elements of the array that `--json` prints. */
  readonly json: readonly unknown[];
  /** What the text form says when there is no table. */
  readonly nothing?: string;
  /** Put an empty line before each table and at the end, as some of the original's commands do. */
  readonly spaced?: boolean;
}

function csvRows(tables: readonly AstropyTable[]): Row[] {
  return tables.flatMap(({ columns, rows }) =>
    rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]!]))),
  );
}

/** Prints a listing as text, `--json` (one array) or `--csv`. */
export function printListing(terminal: Terminal, listing: Listing, options: RowOptions): void {
  const { tables, json, nothing, spaced = false } = listing;
  const { out } = terminal;
  if (options.json) out.write(`${toJsonText(json)}\n`);
  else if (options.csv) {
    const rows = csvRows(tables);
    if (rows.length > 0) out.write(`${renderCsv(rows)}\n`);
  } else {
    const filled = tables.filter((table) => table.rows.length > 0);
    for (const table of filled) out.write(`${spaced ? "\n" : ""}${renderAstropyTable(table)}\n`);
    if (spaced) out.write("\n");
    if (filled.length === 0 && nothing !== undefined) out.write(`${nothing}\n`);
  }
}
