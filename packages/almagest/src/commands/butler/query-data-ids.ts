import type { Butler, DataIdQueryOptions } from "@almagest/butler";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList, parseWhole, splitWords } from "../../cli/parse-options.ts";
import { printListing } from "../../cli/print-listing.ts";
import type { RowOptions } from "../../cli/print-rows.ts";
import { openCatalogue } from "../../open-catalogue.ts";
import { commonDimensions, datasetConstraints } from "./dataset-constraints.ts";
import { dataIdTable } from "./dataset-table.ts";
import { addExplainOption, explainDataIds } from "./explain-query.ts";

interface Options extends RowOptions {
  readonly datasets?: string[];
  readonly collections?: string[];
  readonly where?: string;
  readonly orderBy?: string[];
  readonly limit: number;
  readonly explain?: boolean;
}

const NOTHING = "No results. Try --help for more information.";

/** The dimensions and options of the query, or why there is nothing to query. */
async function planQuery(
  butler: Butler,
  words: readonly string[],
  options: Options,
): Promise<{ dimensions: readonly string[]; query: DataIdQueryOptions } | string> {
  const { datasets, collections = ["*"], where, orderBy, limit } = options;
  let dimensions: readonly string[] = splitWords(words);
  if (dimensions.length === 0 && datasets !== undefined && options.collections !== undefined) {
    dimensions = await commonDimensions(butler, datasets);
    if (dimensions.length === 0)
      return `No dimensions in common for specified dataset types ('${datasets.join("', '")}')\n${NOTHING}`;
  }
  if (dimensions.length === 0) {
    return "Result has one logical row but no columns because no dimensions were requested.\nNo results. Try requesting some dimensions or datasets, see --help for more information.";
  }
  const constraints = datasets === undefined ? [] : await datasetConstraints(butler, datasets, collections);
  if (datasets !== undefined && constraints.length === 0) {
    return `No datasets of type ${datasets.join(", ")} existed in the specified collections ${collections.join(",")}.`;
  }
  const query = {
    implied: true,
    ...(constraints.length === 0 ? {} : { datasets: constraints }),
    ...(where === undefined ? {} : { where }),
    ...(orderBy === undefined ? {} : { orderBy }),
    ...(limit === 0 ? {} : { limit: limit < 0 ? 1 - limit : limit }),
  };
  return { dimensions, query };
}

/** `almagest butler query-data-ids`: which combinations of dimension values exist. */
export function addQueryDataIds(parent: Command, context: CommandContext): void {
  const command = parent
    .command("query-data-ids")
    .description("List data ids of some dimensions, joined through the repository's dimension records.")
    .argument("<repo>", "root of the repository")
    .argument(
      "[dimension...]",
      "for example: visit detector, or tract patch band; those of --datasets unless given",
    );
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
    .option("--json", "print one JSON array of data ids")
    .option("--csv", "print CSV")
    .action(async (repo: string, words: string[], options: Options) => {
      await using butler = await openCatalogue(repo);
      const plan = await planQuery(butler, words, options);
      if (typeof plan === "string") {
        printListing(context.terminal, { tables: [], json: [], nothing: plan }, options);
        return;
      }
      const { dimensions, query } = plan;
      if (options.explain) {
        await explainDataIds(context.terminal, butler, dimensions, query);
        return;
      }
      let rows = await butler.queryDataIds(dimensions, query);
      if (options.limit < 0 && rows.length > -options.limit) {
        rows = rows.slice(0, -1);
        context.terminal.err.write(`There are more than ${-options.limit} data ids; --limit shows more.\n`);
      }
      const group = butler.universe.completeGroup(dimensions);
      const json = rows.map((row) => Object.fromEntries(group.required.map((name) => [name, row[name]])));
      const table = dataIdTable(
        butler,
        [...group.required, ...group.implied],
        rows,
        options.orderBy !== undefined,
      );
      printListing(context.terminal, { tables: [table], json, nothing: NOTHING }, options);
    });
}
