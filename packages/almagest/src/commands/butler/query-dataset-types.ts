import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList } from "../../cli/parse-options.ts";
import { printListing } from "../../cli/print-listing.ts";
import type { RowOptions } from "../../cli/print-rows.ts";
import { pythonText } from "../../cli/python-text.ts";
import { openCatalogue } from "../../open-catalogue.ts";

interface Options extends RowOptions {
  readonly verbose?: boolean;
  readonly collections?: string[];
}

/** `almagest butler query-dataset-types`: what kinds of dataset a repository knows. */
export function addQueryDatasetTypes(parent: Command, context: CommandContext): void {
  parent
    .command("query-dataset-types")
    .description("List the dataset types of a repository; with --verbose their dimensions and storage class.")
    .argument("<repo>", "root of the repository")
    .argument("[glob...]", "names or globs; all when none is given")
    .option("-v, --verbose", "also dimensions and storage class")
    .option("--collections <names>", "only types that these collections may hold", collectList)
    .option("--json", "print one JSON array of {name, dimensions, storage_class, calibration}")
    .option("--csv", "print CSV")
    .action(async (repo: string, globs: string[], options: Options) => {
      await using butler = await openCatalogue(repo);
      let types = await butler.queryDatasetTypes(globs.length > 0 ? globs : "*");
      if (options.collections !== undefined) {
        const infos = await butler.queryCollections(options.collections);
        const summaries = await butler.summarizeCollections(infos.map((info) => info.name));
        const held = new Set(summaries.flatMap((summary) => summary.datasetTypes));
        types = types.filter((type) => held.has(type.name));
      }
      types.sort((a, b) => (a.name < b.name ? -1 : 1));
      const names = (dimensions: readonly string[]): readonly string[] =>
        butler.universe.completeGroup(dimensions).names;
      const table = options.verbose
        ? {
            columns: ["name", "dimensions", "storage class"],
            rows: types.map((type) => [type.name, pythonText(names(type.dimensions)), type.storageClass]),
          }
        : { columns: ["name"], rows: types.map((type) => [type.name]) };
      const json = types.map((type) => ({
        name: type.name,
        dimensions: type.dimensions,
        storage_class: type.storageClass,
        calibration: type.isCalibration,
      }));
      const listing = {
        tables: [{ ...table, left: true }],
        json,
        nothing: "No results. Try --help for more information.",
      };
      printListing(context.terminal, listing, options);
    });
}
