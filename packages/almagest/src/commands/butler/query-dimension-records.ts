import { AlmagestError } from "@almagest/base";
import type {
  Butler,
  DataId,
  DimensionElement,
  DimensionRecord,
  QueryOptions,
  Timespan,
} from "@almagest/butler";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList, parseWhole } from "../../cli/parse-options.ts";
import { printListing } from "../../cli/print-listing.ts";
import type { RowOptions } from "../../cli/print-rows.ts";
import { pythonFloat, pythonText, timespanText } from "../../cli/python-text.ts";
import { openCatalogue } from "../../open-catalogue.ts";
import { datasetConstraints } from "./dataset-constraints.ts";
import { addExplainOption, explainRecords } from "./explain-query.ts";

interface Options extends RowOptions {
  readonly datasets?: string[];
  readonly collections?: string[];
  readonly where?: string;
  readonly orderBy?: string[];
  readonly limit: number;
  readonly check: boolean;
  readonly explain?: boolean;
}

/** A record as plain columns: regions as hex, time spans as two bounds in TAI nanoseconds. */
function flattenRecord(record: DimensionRecord): Record<string, unknown> {
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

function cellsOf(element: DimensionElement, record: DimensionRecord): string[] {
  if (element.columns.length === 0) return [String(record.name)];
  return element.columns.map(({ name, type }) => {
    const value = record[name];
    if (value === null || value === undefined) return "None";
    if (type === "region") return "(elided)";
    if (type === "hash") return `0x${(value as Uint8Array).toHex()}`;
    if (type === "timespan") return timespanText(value as Timespan);
    return type === "float" ? pythonFloat(Number(value)) : pythonText(value);
  });
}

/** Records of data ids for which datasets exist, in the order of the records. */
async function restrict(
  butler: Butler,
  element: DimensionElement,
  records: readonly DimensionRecord[],
  options: Options,
): Promise<readonly DimensionRecord[]> {
  const constraints = await datasetConstraints(butler, options.datasets!, options.collections ?? ["*"]);
  if (constraints.length === 0) return [];
  const { where } = options;
  const found = await butler.queryDataIds(element.required, {
    datasets: constraints,
    ...(where === undefined ? {} : { where }),
  });
  const group = butler.universe.completeGroup(element.required);
  const keys = new Set(found.map((dataId) => butler.universe.dataIdKey(dataId, group)));
  const dataIdOf = (record: DimensionRecord): DataId =>
    Object.fromEntries(
      element.required.map((name) => [
        name,
        record[name === element.name ? (element.keyColumn ?? name) : name] as string,
      ]),
    );
  return records.filter((record) => keys.has(butler.universe.dataIdKey(dataIdOf(record), group)));
}

/** `almagest butler query-dimension-records`: the rows of one dimension table. */
export function addQueryDimensionRecords(parent: Command, context: CommandContext): void {
  const command = parent
    .command("query-dimension-records")
    .description("List the records of one dimension element, such as exposure, visit, detector or patch.")
    .argument("<repo>", "root of the repository")
    .argument("<element>", "dimension element");
  addExplainOption(command)
    .option("--datasets <types>", "only where these dataset types exist (with --collections)", collectList)
    .option("--collections <names>", "where --datasets are searched", collectList)
    .option("--where <expression>", "a condition on dimensions and their fields")
    .option("--order-by <columns>", "sort columns, '-' in front for descending", collectList)
    .option(
      "--limit <n>",
      "at most this many; 0 for all, negative to be told if there are more",
      parseWhole,
      -20_000,
    )
    .option("--no-check", "accepted as by the original, without effect")
    .option("--json", "print one JSON array")
    .option("--csv", "print CSV")
    .action(async (repo: string, name: string, options: Options) => {
      await using butler = await openCatalogue(repo);
      if (!butler.universe.elements.has(name)) {
        throw new AlmagestError("BUTLER.DIMENSION_UNKNOWN", `There is no dimension element '${name}'.`, {
          fields: { element: name },
        });
      }
      const element = butler.universe.element(name);
      const { where, orderBy, limit } = options;
      const cap = limit === 0 ? Infinity : limit < 0 ? 1 - limit : limit;
      const query: QueryOptions = {
        ...(where === undefined ? {} : { where }),
        ...(orderBy === undefined ? {} : { orderBy }),
        ...(cap === Infinity || options.datasets !== undefined ? {} : { limit: cap }),
      };
      if (options.explain) {
        await explainRecords(context.terminal, butler, name, query);
        return;
      }
      let records: readonly DimensionRecord[] = await butler.queryRecords(name, query);
      if (options.datasets !== undefined)
        records = (await restrict(butler, element, records, options)).slice(0, cap);
      if (limit < 0 && records.length > -limit) {
        records = records.slice(0, -1);
        context.terminal.err.write(`There are more than ${-limit} records; --limit shows more.\n`);
      }
      const columns = element.columns.map((column) =>
        column.type === "timespan" ? "timespan (TAI)" : column.name,
      );
      const table = {
        columns: columns.length === 0 ? ["name"] : columns,
        rows: records.map((record) => cellsOf(element, record)),
      };
      printListing(
        context.terminal,
        {
          tables: [table],
          json: records.map(flattenRecord),
          nothing: "No results. Try --help for more information.",
        },
        options,
      );
    });
}
