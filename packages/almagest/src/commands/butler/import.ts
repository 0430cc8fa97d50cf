import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList } from "../../cli/parse-options.ts";
import { startStage } from "../../cli/progress.ts";
import { openRepository } from "../../open-repository.ts";
import { type TransferMode, transferOption } from "./transfer-option.ts";

interface Options {
  readonly exportFile?: string;
  readonly skipDimensions?: string[];
  readonly transfer: TransferMode;
}

/** `almagest butler import`: brings in what was exported from another repository. */
export function addImport(parent: Command, context: CommandContext): void {
  parent
    .command("import")
    .description("Bring in records, collections and datasets of an export: all of it, or nothing.")
    .argument("<repo>", "root of the repository")
    .argument("<directory>", "folder of the export's files")
    .option(
      "--export-file <path>",
      "the description of the export: beside the files, or anywhere",
      "export.yaml",
    )
    .option(
      "-s, --skip-dimensions <elements>",
      "leave out the records of these dimension elements",
      collectList,
    )
    .option("--track-file-attrs", "record size and checksum (always done)")
    .addOption(transferOption("how files come in; auto is copy"))
    .action(async (repo: string, directory: string, options: Options) => {
      await using butler = await openRepository(repo, { writeable: true });
      const given = options.exportFile ?? "export.yaml";
      const path = isAbsolute(given) || existsSync(given) ? given : join(directory, given);
      const stage = startStage(context.terminal, "import");
      const report = await butler.importFrom(path, {
        directory,
        mode: options.transfer === "auto" ? "copy" : options.transfer,
        ...(options.skipDimensions === undefined ? {} : { skipDimensions: options.skipDimensions }),
      });
      stage.end(
        `${report.datasets} datasets of ${report.datasetTypes} types, ${report.collections} collections`,
      );
    });
}
