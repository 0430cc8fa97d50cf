import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList } from "../../cli/parse-options.ts";
import { printRows, type RowOptions } from "../../cli/print-rows.ts";
import { openRepository } from "../../open-repository.ts";

interface Options extends RowOptions {
  readonly datasets: string[];
  readonly where?: string;
  readonly purge?: boolean;
  readonly confirm: boolean;
}

/** `almagest butler prune-datasets`: removes files of datasets, and with --purge the datasets themselves. */
export function addPruneDatasets(parent: Command, context: CommandContext): void {
  parent
    .command("prune-datasets")
    .description(
      "Remove the files of datasets; with --purge forget the datasets too. Lists them unless --no-confirm.",
    )
    .argument("<repo>", "root of the repository")
    .argument("<collection...>", "collections to look in")
    .requiredOption("--datasets <types>", "dataset types or globs", collectList)
    .option("--where <expression>", "a condition on dimensions and their fields")
    .option("--purge", "also remove the registry's rows")
    .option("--no-confirm", "do it without a second call")
    .option("--json", "print one JSON array")
    .action(async (repo: string, collections: string[], options: Options) => {
      await using butler = await openRepository(repo, { writeable: true });
      const where = options.where === undefined ? {} : { where: options.where };
      const found = [];
      for (const type of await butler.queryDatasetTypes(options.datasets)) {
        found.push(...(await butler.queryDatasets(type.name, { collections, findFirst: false, ...where })));
      }
      const rows = found.map((ref) => ({
        type: ref.datasetType.name,
        run: ref.run,
        id: ref.id,
        data_id: ref.dataId,
      }));
      if (!options.confirm) await butler.prune(found, { purge: options.purge ?? false });
      printRows(context.terminal, rows, options, "No datasets match.");
      if (options.confirm && found.length > 0)
        context.terminal.err.write("Nothing removed yet: add --no-confirm.\n");
    });
}
