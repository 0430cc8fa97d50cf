import { isAlmagestError } from "@almagest/base";
import type { Butler, CollectionInfo } from "@almagest/butler";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { confirm } from "../../cli/confirm.ts";
import { EXIT } from "../../cli/report-error.ts";
import { openCatalogue } from "../../open-catalogue.ts";

interface Options {
  readonly confirm: boolean;
  readonly force?: boolean;
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");

/** How many datasets of each type the runs hold, ordered by type. */
async function countDatasets(butler: Butler, runs: readonly CollectionInfo[]): Promise<[string, number][]> {
  const counts = new Map<string, number>();
  const summaries = await butler.summarizeCollections(runs.map((run) => run.name));
  for (const { name, datasetTypes } of summaries) {
    for (const type of datasetTypes) {
      let count = counts.get(type) ?? 0;
      for await (const _ of butler.streamDatasets(type, { collections: name, findFirst: false })) count++;
      if (count > 0) counts.set(type, count);
    }
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}

function describe(
  will: boolean,
  runs: readonly CollectionInfo[],
  counts: readonly [string, number][],
): string {
  const lines = [
    will ? "The following RUN collections will be removed:" : "The following RUN collections were removed:",
  ];
  for (const { name, parents } of runs) {
    if (parents.length === 0) lines.push(name);
    else
      lines.push(
        `${name}: ${will ? "will be unlinked" : "was removed and unlinked"} from ${quoted(parents)}`,
      );
  }
  lines.push(will ? "\nThe following datasets will be removed:" : "The following datasets were removed:");
  lines.push(counts.map(([type, count]) => `${type}(${count})`).join(", "));
  lines.push(`Total number of datasets to remove:  ${counts.reduce((sum, [, count]) => sum + count, 0)}`);
  return `${lines.join("\n")}\n`;
}

/** `almagest butler remove-runs`: deletes runs with all their datasets and files. */
export function addRemoveRuns(parent: Command, context: CommandContext): void {
  const { out } = context.terminal;
  parent
    .command("remove-runs")
    .description("Delete RUN collections with all their datasets and files.")
    .argument("<repo>", "root of the repository")
    .argument("<collection>", "name or glob")
    .option("--no-confirm", "do not ask before doing it")
    .option("--force", "with --no-confirm: also take the runs out of the chains that hold them")
    .action(async (repo: string, glob: string, options: Options) => {
      await using butler = await openCatalogue(repo, { writeable: true });
      let runs: CollectionInfo[] = [];
      try {
        runs = await butler.queryCollections(glob, { kinds: ["RUN"] });
      } catch (error) {
        if (!isAlmagestError(error, "BUTLER.COLLECTION_MISSING")) throw error;
      }
      if (runs.length === 0) {
        out.write("No RUN collections were found.\n");
        return;
      }
      const counts = await countDatasets(butler, runs);
      const chained = runs.filter((run) => run.parents.length > 0);
      if (!options.confirm && chained.length > 0 && !options.force) {
        out.write(
          "Removing runs that are in parent CHAINED collections requires confirmation. \n" +
            "Try again without --no-confirm to confirm removal of RUN collections from parents, or add the --force flag to skip confirmation.\n",
        );
        for (const run of chained) out.write(`${run.name}: must be unlinked from ${quoted(run.parents)}\n`);
        context.exitCode = EXIT.failed;
        return;
      }
      if (options.confirm) {
        out.write(describe(true, runs, counts));
        if (!(await confirm(context.terminal, "Continue?"))) {
          out.write("Aborted.\n");
          return;
        }
      }
      for (const run of runs) await butler.removeRun(run.name, { unlinkFromChains: true });
      out.write(options.confirm ? "Removed collections\n" : describe(false, runs, counts));
    });
}
