import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { splitWords } from "../../cli/parse-options.ts";
import { openCatalogue } from "../../open-catalogue.ts";

/** `almagest butler register-dataset-type`: defines a dataset type. */
export function addRegisterDatasetType(parent: Command, context: CommandContext): void {
  parent
    .command("register-dataset-type")
    .description("Define a dataset type by its dimensions and storage class.")
    .argument("<repo>", "root of the repository")
    .argument("<type>", "name of the dataset type")
    .argument("<storage-class>", "how its datasets are stored, such as StructuredDataDict")
    .argument("[dimension...]", "dimensions that tell its datasets apart")
    .option("--is-calibration", "its datasets may be certified for spans of time")
    .option("--no-is-calibration", "they may not (the default)")
    .addHelpText(
      "after",
      "\nExample:\n  almagest butler register-dataset-type demo/repo notes StructuredDataDict detector",
    )
    .action(
      async (
        repo: string,
        name: string,
        storageClass: string,
        words: string[],
        options: { readonly isCalibration?: boolean },
      ) => {
        await using butler = await openCatalogue(repo, { writeable: true });
        const isCalibration = options.isCalibration ?? false;
        const added = await butler.registerDatasetType({
          name,
          dimensions: splitWords(words),
          storageClass,
          isCalibration,
        });
        context.terminal.out.write(
          added
            ? "Dataset type successfully registered.\n"
            : "Dataset type already existed in identical form.\n",
        );
      },
    );
}
