import { AlmagestError } from "@almagest/base";
import type { Butler, DatasetRef } from "@almagest/butler";
import type { Command } from "commander";
import { renderAstropyTable } from "../../cli/astropy-table.ts";
import type { CommandContext } from "../../cli/command-context.ts";
import { confirm } from "../../cli/confirm.ts";
import { collectList, splitWords } from "../../cli/parse-options.ts";
import { type RowOptions, toJsonText } from "../../cli/print-rows.ts";
import { openCatalogue } from "../../open-catalogue.ts";
import { type SelectedDatasets, selectDatasets } from "./dataset-selection.ts";
import { datasetTable } from "./dataset-table.ts";

interface Options extends RowOptions {
  readonly datasets?: string[];
  readonly findAll?: boolean;
  readonly where?: string;
  readonly disassociate?: string[];
  readonly purge?: string;
  readonly unstore?: boolean;
  readonly dryRun?: boolean;
  readonly confirm: boolean;
  readonly quiet?: boolean;
}

function usage(message: string): AlmagestError {
  return new AlmagestError("ALMAGEST.USAGE", message);
}

/** Where to look: the collections given, else the run to purge or the tags. Throws `ALMAGEST.USAGE`. */
function collectionsOf(words: readonly string[], options: Options): readonly string[] {
  const { purge, disassociate = [], unstore, quiet, dryRun } = options;
  if (quiet && dryRun) throw usage("Can not use --quiet and --dry-run together.");
  if (purge === undefined && disassociate.length === 0 && !unstore) {
    throw usage("No operation: one of --purge, --unstore, or --disassociate must be provided.");
  }
  if (purge !== undefined && disassociate.length > 0) {
    throw usage(
      '"--disassociate and --purge may not be used together: --disassociate purges from just the passed TAGged collections, but --purge forces disassociation from all of them.',
    );
  }
  const given = splitWords(words);
  const collections = given.length > 0 ? given : purge !== undefined ? [purge] : disassociate;
  if (collections.length === 0) {
    throw usage(
      "Must indicate collections from which to prune datasets by passing COLLECTION arguments (select all collections by passing '*'), or consider using 'butler remove-runs' or 'butler remove-collections'.",
    );
  }
  return collections;
}

async function prune(butler: Butler, refs: readonly DatasetRef[], options: Options): Promise<void> {
  const { purge, disassociate = [], unstore } = options;
  if (purge === undefined) for (const tag of disassociate) await butler.disassociate(tag, refs);
  if (purge !== undefined || unstore) await butler.prune(refs, { purge: purge !== undefined });
}

function wouldSay(options: Options, collections: readonly string[]): string {
  const disassociates = options.purge !== undefined || (options.disassociate ?? []).length > 0;
  const unstores = options.purge !== undefined || (options.unstore ?? false);
  const list = `(${collections.map((name) => `'${name}'`).join(", ")}${collections.length === 1 ? "," : ""})`;
  if (disassociates && unstores) {
    return `The following datasets will be disassociated from ${list} if they are currently present in it (which is not checked), and removed from the datastore(s):`;
  }
  if (disassociates) {
    return `The following datasets will be disassociated from ${list} if they are currently present in it (which is not checked):`;
  }
  return "The following datasets will be removed from any datastores in which they are present:";
}

async function showTables(
  context: CommandContext,
  butler: Butler,
  found: readonly SelectedDatasets[],
): Promise<void> {
  for (const { refs } of found) {
    context.terminal.out.write(`\n${renderAstropyTable(await datasetTable(butler, refs))}\n`);
  }
  context.terminal.out.write("\n");
}

/** `almagest butler prune-datasets`: takes datasets out of tags, removes their files, or purges them. */
export function addPruneDatasets(parent: Command, context: CommandContext): void {
  const { out } = context.terminal;
  parent
    .command("prune-datasets")
    .description("Take datasets out of TAGGED collections, remove their files, or purge them altogether.")
    .argument("<repo>", "root of the repository")
    .argument("[collection...]", "collections to look in; the run of --purge or the tags unless given")
    .option("--datasets <types>", "dataset types or globs; all unless given", collectList)
    .option("--find-all", "purge all that match, not only the first of each data id")
    .option("--where <expression>", "a condition on dimensions and their fields")
    .option("--disassociate <tags>", "take them out of these TAGGED collections", collectList)
    .option("--purge <run>", "forget those of this RUN, with their files and memberships")
    .option("--unstore", "remove their files, keep what is known of them")
    .option("--dry-run", "only show what would be done")
    .option("--no-confirm", "do not ask before doing it")
    .option("--quiet", "no output, no question")
    .option("--json", "print one JSON array of what was removed; asks nothing")
    .addHelpText(
      "after",
      "\nExample:\n  almagest butler prune-datasets demo/repo --purge u/me/first --datasets '*_log'",
    )
    .action(async (repo: string, words: string[], options: Options) => {
      const collections = collectionsOf(words, options);
      await using butler = await openCatalogue(repo, { writeable: !options.dryRun });
      if (options.purge !== undefined && (await butler.getCollection(options.purge)).kind !== "RUN") {
        throw usage(`Can not prune a collection that is not a RUN collection: ${options.purge}`);
      }
      const found = await selectDatasets(
        butler,
        options.datasets ?? ["*"],
        {
          collections: [...collections],
          findFirst: !options.findAll,
          limit: 0,
          ...(options.where === undefined ? {} : { where: options.where }),
        },
        context.terminal,
      );
      const refs = found.flatMap((item) => item.refs);
      const { purge } = options;
      const doomed = purge === undefined ? refs : refs.filter((ref) => ref.run === purge);
      if (doomed.length < refs.length) {
        throw usage(
          `Some of the datasets found are not in the run ${purge}; look only in it, or purge their own run.`,
        );
      }
      if (options.json) {
        if (!options.dryRun) await prune(butler, refs, options);
        out.write(
          `${toJsonText(refs.map(({ id, run, datasetType, dataId }) => ({ id, type: datasetType.name, run, data_id: dataId })))}\n`,
        );
        return;
      }
      if (options.dryRun) {
        out.write(`${wouldSay(options, collections)}\n`);
        await showTables(context, butler, found);
        return;
      }
      const asks = options.confirm && !options.quiet;
      if (asks && refs.length === 0) {
        out.write("Did not find any datasets.\n");
        return;
      }
      if (asks) {
        out.write("The following datasets will be removed:\n");
        await showTables(context, butler, found);
        if (!(await confirm(context.terminal, "Continue?"))) {
          out.write("Did not remove the datasets.\n");
          return;
        }
      }
      const tables =
        options.quiet || asks
          ? undefined
          : await Promise.all(found.map((item) => datasetTable(butler, item.refs)));
      await prune(butler, refs, options);
      if (asks) out.write("The datasets were removed.\n");
      if (tables !== undefined) {
        out.write("Removed the following datasets:\n");
        for (const table of tables) out.write(`\n${renderAstropyTable(table)}\n`);
        out.write("\n");
      }
    });
}
