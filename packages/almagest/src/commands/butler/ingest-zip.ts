import { AlmagestError } from "@almagest/base";
import { type IngestZipOptions, ingestZip } from "@almagest/butler";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { openCatalogue } from "../../open-catalogue.ts";
import { type TransferMode, transferOption } from "./transfer-option.ts";

const MODES: ReadonlyMap<TransferMode, NonNullable<IngestZipOptions["mode"]>> = new Map([
  ["auto", "copy"],
  ["copy", "copy"],
  ["move", "move"],
  ["hardlink", "hardlink"],
  ["symlink", "symlink"],
  ["relsymlink", "relsymlink"],
  ["direct", "direct"],
]);

interface Options {
  readonly transfer: TransferMode;
  readonly dryRun?: boolean;
}

/** `almagest butler ingest-zip`: an archive made by retrieve-artifacts goes into a repository as it is. */
export function addIngestZip(parent: Command, context: CommandContext): void {
  parent
    .command("ingest-zip")
    .description(
      "Ingest an archive made by retrieve-artifacts --zip. Dataset types and dimension records must be in the repository.",
    )
    .argument("<repo>", "root of the repository")
    .argument("<zip>", "path or URI of the archive")
    .addOption(transferOption("what becomes of the archive; auto is copy"))
    .option("--dry-run", "only check the archive and tell how many datasets it holds")
    .action(async (repo: string, zip: string, options: Options) => {
      const mode = MODES.get(options.transfer);
      if (mode === undefined)
        throw new AlmagestError(
          "ALMAGEST.USAGE",
          `--transfer ${options.transfer} does not go with ingest-zip.`,
        );
      const dryRun = options.dryRun ?? false;
      await using butler = await openCatalogue(repo, { writeable: !dryRun });
      const refs = await ingestZip(butler, zip, { mode, dryRun });
      context.terminal.err.write(`${dryRun ? "Would ingest" : "Ingested"} ${refs.length} datasets.\n`);
    });
}
