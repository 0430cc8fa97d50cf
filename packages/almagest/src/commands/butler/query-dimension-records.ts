import type { DimensionRecord } from "@almagest/butler";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { parseWhole } from "../../cli/parse-options.ts";
import { printRows, type RowOptions } from "../../cli/print-rows.ts";
import type { Row } from "../../cli/text-table.ts";
import { openRepository } from "../../open-repository.ts";

interface Options extends RowOptions {
  readonly where?: string;
  readonly limit?: number;
}

/** A record as plain columns: regions as hex, time spans as two bounds in TAI nanoseconds. */
function flattenRecord(record: DimensionRecord): Row {
  const row: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    if (value instanceof Uint8Array) row[name] = value.toHex();
    else if (typeof value === "object" && value !== null) {
      row[`${name}_begin`] = value.begin ?? null;
      row[`${name}_end`] = value.end ?? null;
    } else row[name] = value;
  }
  return row;
}

/** `almagest butler query-dimension-records`: the rows of one dimension table. */
export function addQueryDimensionRecords(parent: Command, context: CommandContext): void {
  parent
    .command("query-dimension-records")
    .description("List the records of one dimension element, such as exposure, visit, detector or patch.")
    .argument("<repo>", "root of the repository")
    .argument("<element>", "dimension element")
    .option("--where <expression>", "a condition on dimensions and their fields")
    .option("--limit <n>", "at most this many", parseWhole)
    .option("--json", "print one JSON array")
    .option("--csv", "print CSV")
    .action(async (repo: string, element: string, options: Options) => {
      await using butler = await openRepository(repo);
      const records = await butler.queryRecords(element, {
        ...(options.where === undefined ? {} : { where: options.where }),
        ...(options.limit === undefined ? {} : { limit: options.limit }),
      });
      const rows = records.map(flattenRecord);
      if (!options.json && !options.csv)
        for (const row of rows) delete (row as Record<string, unknown>).region;
      printRows(context.terminal, rows, options, "No records match.");
    });
}
