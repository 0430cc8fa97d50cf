import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { openCatalogue } from "../../open-catalogue.ts";

/** `almagest butler remove-dataset-type`: deletes definitions of dataset types. */
export function addRemoveDatasetType(parent: Command, context: CommandContext): void {
  parent
    .command("remove-dataset-type")
    .description("Delete dataset types of which there are no datasets. Names that match nothing are let be.")
    .argument("<repo>", "root of the repository")
    .argument("[type...]", "names or globs")
    .action(async (repo: string, globs: string[]) => {
      await using butler = await openCatalogue(repo, { writeable: true });
      const known = await butler.queryDatasetTypes("*");
      const wanted = new Set<string>();
      for (const glob of globs) {
        const found = /[*?]/.test(glob)
          ? await butler.queryDatasetTypes(glob)
          : known.filter(({ name }) => name === glob);
        if (found.length === 0) context.terminal.err.write(`No dataset type matches '${glob}'.\n`);
        for (const { name } of found) wanted.add(name);
      }
      for (const name of wanted) {
        await butler.removeDatasetType(name);
        context.terminal.err.write(`Removed the dataset type ${name}.\n`);
      }
    });
}
