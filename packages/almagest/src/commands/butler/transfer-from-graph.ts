import { matchesGlob } from "node:path";
import { openGraphFile, transferFromGraph } from "@almagest/pipeline";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList } from "../../cli/parse-options.ts";
import { startStage } from "../../cli/progress.ts";
import { openCatalogue } from "../../open-catalogue.ts";

interface Options {
  readonly datasetType?: string[];
  readonly registerDatasetTypes?: boolean;
  readonly transferDimensions?: boolean;
  readonly updateOutputChain?: boolean;
  readonly dryRun?: boolean;
}

/** `almagest butler transfer-from-graph`: what quanta wrote without the database becomes known to it. */
export function addTransferFromGraph(parent: Command, context: CommandContext): void {
  parent
    .command("transfer-from-graph")
    .description(
      "Register the outputs of a quantum graph that were written into a repository's files without its database. Again is fine.",
    )
    .argument("<graph>", "quantum graph file (.qg)")
    .argument("<dest>", "root of the repository")
    .option("-d, --dataset-type <types>", "dataset types or globs; all unless given", collectList)
    .option("--register-dataset-types", "define dataset types that the repository lacks")
    .option("--transfer-dimensions", "insert dimension records that the repository lacks")
    .option("--no-transfer-dimensions", "leave them out (the default)")
    .option("--update-output-chain", "put the run first into the graph's output chain")
    .option("--dry-run", "only tell how many would be transferred")
    .action(async (path: string, location: string, options: Options) => {
      await using file = await openGraphFile(path);
      const { formatters } = await import("../../runtime.ts");
      await using butler = await openCatalogue(location, { writeable: !options.dryRun, formatters });
      const stage = startStage(context.terminal, "transfer from graph");
      const globs = options.datasetType;
      const brought = await transferFromGraph(file, {
        butler,
        location,
        formatters,
        ...(globs === undefined
          ? {}
          : { accepts: (name) => globs.some((glob) => name === glob || matchesGlob(name, glob)) }),
        registerTypes: options.registerDatasetTypes ?? false,
        records: options.transferDimensions ?? false,
        updateChain: options.updateOutputChain ?? false,
        dryRun: options.dryRun ?? false,
        onProgress: (done, total) => stage.update(Math.min(done, total), total),
      });
      stage.end();
      context.terminal.out.write(`Number of datasets transferred: ${brought.length}\n`);
    });
}
