import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { printRows, type RowOptions } from "../../cli/print-rows.ts";
import { openRepository } from "../../open-repository.ts";

/** `almagest butler query-dataset-types`: what kinds of dataset a repository knows. */
export function addQueryDatasetTypes(parent: Command, context: CommandContext): void {
  parent
    .command("query-dataset-types")
    .description("List the dataset types of a repository, with their dimensions and storage class.")
    .argument("<repo>", "root of the repository")
    .argument("[glob...]", "names or globs; all when none is given")
    .option("--json", "print one JSON array")
    .option("--csv", "print CSV")
    .action(async (repo: string, globs: string[], options: RowOptions) => {
      await using butler = await openRepository(repo);
      const types = await butler.queryDatasetTypes(globs.length > 0 ? globs : "*");
      const rows = types.map((type) => ({
        name: type.name,
        dimensions: type.dimensions,
        storage_class: type.storageClass,
        calibration: type.isCalibration,
      }));
      printRows(context.terminal, rows, options, "No dataset types match.");
    });
}
