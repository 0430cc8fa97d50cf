import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { openRepository } from "../../open-repository.ts";

interface Options {
  readonly confirm: boolean;
  readonly force?: boolean;
}

/** `almagest butler remove-runs`: deletes runs with all their datasets and files. */
export function addRemoveRuns(parent: Command, context: CommandContext): void {
  parent
    .command("remove-runs")
    .description(
      "Delete RUN collections with all their datasets and files. Says what it would delete unless --no-confirm.",
    )
    .argument("<repo>", "root of the repository")
    .argument("<run...>", "names or globs")
    .option("--no-confirm", "delete without asking for a second call")
    .option("--force", "also take the runs out of the chains that hold them")
    .action(async (repo: string, globs: string[], options: Options) => {
      await using butler = await openRepository(repo, { writeable: true });
      const runs = await butler.queryCollections(globs, { kinds: ["RUN"] });
      for (const run of runs) {
        if (options.confirm) {
          const chains = run.parents.length > 0 ? ` (in ${run.parents.join(", ")}: needs --force)` : "";
          context.terminal.out.write(`would delete ${run.name}${chains}\n`);
        } else {
          await butler.removeRun(run.name, { unlinkFromChains: options.force ?? false });
          context.terminal.err.write(`deleted ${run.name}\n`);
        }
      }
      if (options.confirm && runs.length > 0)
        context.terminal.err.write("Nothing deleted yet: add --no-confirm.\n");
      if (runs.length === 0) context.terminal.err.write("No runs match.\n");
    });
}
