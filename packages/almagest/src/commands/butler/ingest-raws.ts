import { AlmagestError } from "@almagest/base";
import type { IngestMode } from "@almagest/butler";
import { type Command, Option } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { startStage } from "../../cli/progress.ts";
import { openRepository } from "../../open-repository.ts";
import { findFiles } from "../../survey/find-files.ts";
import { ingestRaws } from "../../survey/ingest-raws.ts";

const MODES = ["copy", "move", "link", "hardlink", "symlink", "relsymlink", "direct"] as const;

/** `almagest butler ingest-raws`: raw files of a known instrument become `raw` datasets. */
export function addIngestRaws(parent: Command, context: CommandContext): void {
  parent
    .command("ingest-raws")
    .description("Register raw frames of a known instrument, with their instrument, exposures and visits.")
    .argument("<repo>", "root of the repository")
    .argument("<location...>", "FITS files, or folders to search")
    .addOption(new Option("-t, --transfer <mode>", "how files come in").choices([...MODES]).default("link"))
    .action(async (repo: string, locations: string[], options: { readonly transfer: IngestMode }) => {
      const { paths, refused } = await findFiles(locations);
      if (refused.length > 0 || paths.length === 0) {
        const reasons = refused.map(({ path, reason }) => `${path}: ${reason}`);
        throw new AlmagestError("ALMAGEST.NO_FILES", `Nothing was ingested. ${reasons.join("; ")}.`);
      }
      await using butler = await openRepository(repo, { writeable: true });
      const stage = startStage(context.terminal, "ingest raws");
      const { instrument, refs } = await ingestRaws(butler, paths, options.transfer, (done, total) =>
        stage.update(done, total),
      );
      stage.end(`${refs.length} raws of ${instrument.name}`);
    });
}
