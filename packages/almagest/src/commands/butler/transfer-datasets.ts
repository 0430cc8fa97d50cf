import { AlmagestError } from "@almagest/base";
import { transferDatasets } from "@almagest/butler";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList } from "../../cli/parse-options.ts";
import { startStage } from "../../cli/progress.ts";
import { openCatalogue } from "../../open-catalogue.ts";
import { openRepository } from "../../open-repository.ts";
import { addSelectionOptions, type SelectionOptions, selectDatasets } from "./dataset-selection.ts";
import { type TransferMode, transferOption } from "./transfer-option.ts";

interface Options extends SelectionOptions {
  readonly datasetType?: string[];
  readonly transfer: TransferMode;
  readonly registerDatasetTypes?: boolean;
  readonly transferDimensions: boolean;
  readonly dryRun?: boolean;
}

/** `almagest butler transfer-datasets`: datasets of one repository into another. */
export function addTransferDatasets(parent: Command, context: CommandContext): void {
  const command = parent
    .command("transfer-datasets")
    .description(
      "Bring datasets that a query finds into another repository, under the same ids and runs. Again is fine.",
    )
    .argument("<source>", "root of the repository they are in")
    .argument("<dest>", "root of the repository they go to")
    .option("-d, --dataset-type <types>", "dataset types or globs; all unless given", collectList);
  addSelectionOptions(command)
    .addOption(transferOption("how files go; auto is copy"))
    .option("--register-dataset-types", "define dataset types that the destination lacks")
    .option("--no-transfer-dimensions", "leave out dimension records (the destination must have them)")
    .option("--dry-run", "only tell how many would be transferred")
    .action(async (from: string, to: string, options: Options) => {
      if (options.transfer === "move") {
        throw new AlmagestError(
          "ALMAGEST.USAGE",
          "--transfer move would take the files from the source; use copy.",
        );
      }
      await using source = await openCatalogue(from);
      await using target = await openRepository(to, { writeable: !options.dryRun });
      const selected = await selectDatasets(source, options.datasetType ?? ["*"], options, context.terminal);
      const stage = startStage(context.terminal, "transfer datasets");
      const brought = await transferDatasets(
        source,
        target,
        selected.flatMap((item) => item.refs),
        {
          mode: options.transfer === "auto" ? "copy" : options.transfer,
          registerTypes: options.registerDatasetTypes ?? false,
          records: options.transferDimensions,
          dryRun: options.dryRun ?? false,
          onProgress: (done, total) => stage.update(done, total),
        },
      );
      stage.end();
      context.terminal.out.write(`Number of datasets transferred: ${brought.length}\n`);
    });
}
