import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList, parseWhole } from "../../cli/parse-options.ts";
import { printRows, type RowOptions } from "../../cli/print-rows.ts";
import { openRepository } from "../../open-repository.ts";

interface Options extends RowOptions {
  readonly datasets?: string[];
  readonly collections?: string[];
  readonly where?: string;
  readonly limit?: number;
}

/** `almagest butler query-data-ids`: which combinations of dimension values exist. */
export function addQueryDataIds(parent: Command, context: CommandContext): void {
  parent
    .command("query-data-ids")
    .description("List data ids of some dimensions, joined through the repository's dimension records.")
    .argument("<repo>", "root of the repository")
    .argument("<dimension...>", "for example: visit detector, or tract patch band")
    .option("--datasets <types>", "only where these dataset types exist (with --collections)", collectList)
    .option("--collections <names>", "where --datasets are searched", collectList)
    .option("--where <expression>", "a condition on dimensions and their fields")
    .option("--limit <n>", "at most this many", parseWhole)
    .option("--json", "print one JSON array")
    .option("--csv", "print CSV")
    .action(async (repo: string, dimensions: string[], options: Options) => {
      await using butler = await openRepository(repo);
      const rows = await butler.queryDataIds(dimensions, {
        ...(options.where === undefined ? {} : { where: options.where }),
        ...(options.limit === undefined ? {} : { limit: options.limit }),
        ...(options.datasets === undefined
          ? {}
          : {
              datasets: options.datasets.map((datasetType) => ({
                datasetType,
                collections: options.collections ?? ["*"],
              })),
            }),
      });
      printRows(context.terminal, rows, options, "No data ids match.");
    });
}
