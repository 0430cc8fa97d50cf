import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList } from "../../cli/parse-options.ts";
import { openCatalogue } from "../../open-catalogue.ts";
import { addSelectionOptions, type SelectionOptions, selectDatasets } from "./dataset-selection.ts";

interface Options extends SelectionOptions {
  readonly datasetType?: string[];
}

/** `almagest butler associate`: puts existing datasets into a TAGGED collection. */
export function addAssociate(parent: Command, context: CommandContext): void {
  const command = parent
    .command("associate")
    .description("Put datasets that a query finds into a TAGGED collection (made if absent).")
    .argument("<repo>", "root of the repository")
    .argument("<collection>", "TAGGED collection")
    .option("-d, --dataset-type <types>", "dataset types or globs; all unless given", collectList);
  addSelectionOptions(command, { limit: 0, orderBy: false }).action(
    async (repo: string, collection: string, options: Options) => {
      await using butler = await openCatalogue(repo, { writeable: true });
      await butler.registerCollection(collection, "TAGGED");
      const selected = await selectDatasets(butler, options.datasetType ?? ["*"], options, context.terminal);
      const refs = selected.flatMap((item) => item.refs);
      await butler.associate(collection, refs);
      context.terminal.err.write(`${refs.length} datasets are in ${collection}.\n`);
    },
  );
}
