import { isAlmagestError } from "@almagest/base";
import type { CollectionInfo } from "@almagest/butler";
import type { Command } from "commander";
import { renderAstropyTable } from "../../cli/astropy-table.ts";
import type { CommandContext } from "../../cli/command-context.ts";
import { confirm } from "../../cli/confirm.ts";
import { openCatalogue } from "../../open-catalogue.ts";

interface Options {
  readonly confirm: boolean;
  readonly removeFromParents?: boolean;
}

/** The three tables that tell what would go, what it is taken out of, and what stays. */
function tablesOf(found: readonly CollectionInfo[], fromParents: boolean) {
  const others = found.filter((info) => info.kind !== "RUN");
  const table = (columns: string[], rows: string[][]): string | undefined =>
    rows.length === 0 ? undefined : `${renderAstropyTable({ columns, rows, left: true })}\n`;
  const links = fromParents
    ? others.flatMap((info) =>
        [...info.parents].sort().map((parent, index) => [index === 0 ? info.name : "", parent]),
      )
    : [];
  return {
    collections: table(
      ["Collection", "Collection Type"],
      others.map((info) => [info.name, info.kind]),
    ),
    chains: table(["Child Collection", "Parent Collection"], links),
    runs: table(
      ["Collection"],
      found.filter((info) => info.kind === "RUN").map((info) => [info.name]),
    ),
  };
}

/** `almagest butler remove-collections`: deletes TAGGED, CALIBRATION and CHAINED collections. */
export function addRemoveCollections(parent: Command, context: CommandContext): void {
  const { out } = context.terminal;
  parent
    .command("remove-collections")
    .description("Delete collections that are not RUNs; the datasets in them stay.")
    .argument("<repo>", "root of the repository")
    .argument("<collection>", "name or glob")
    .option("--no-confirm", "do not ask before doing it")
    .option("--remove-from-parents", "also take them out of the chains that hold them")
    .action(async (repo: string, glob: string, options: Options) => {
      await using butler = await openCatalogue(repo, { writeable: true });
      let found: CollectionInfo[] = [];
      try {
        found = await butler.queryCollections(glob);
      } catch (error) {
        if (!isAlmagestError(error, "BUTLER.COLLECTION_MISSING")) throw error;
      }
      found.sort((a, b) => (a.name < b.name ? -1 : 1));
      const fromParents = options.removeFromParents ?? false;
      const tables = tablesOf(found, fromParents);
      if (options.confirm) {
        if (tables.collections !== undefined)
          out.write(`\nThe following collections will be removed:\n${tables.collections}`);
        else out.write("\nNo non-RUN collections were found.\n");
        if (tables.chains !== undefined) {
          out.write(`\nCollections to be removed from their parent collection chains:\n${tables.chains}\n`);
        }
        if (tables.runs !== undefined) {
          out.write(
            `\nThe following RUN collections were found but can NOT be removed by this command:\n${tables.runs}\n`,
          );
        }
      }
      if (tables.collections === undefined) return;
      if (options.confirm && !(await confirm(context.terminal, "Continue?"))) {
        out.write("\nAborted.\n\n");
        return;
      }
      for (const info of found.filter(({ kind }) => kind !== "RUN")) {
        await butler.transaction(async () => {
          if (fromParents) for (const chain of info.parents) await butler.removeFromChain(chain, [info.name]);
          await butler.removeCollection(info.name);
        });
      }
      if (options.confirm) {
        out.write("\nRemoved collections.\n\n");
        return;
      }
      out.write(`\nRemoved collections:\n\n${tables.collections}`);
      if (tables.chains !== undefined)
        out.write(`\nRemoved collections from their parent collection chains:\n${tables.chains}\n`);
      if (tables.runs !== undefined) {
        out.write(`\nFound RUN collections but they can NOT be removed by this command:\n${tables.runs}\n`);
      }
    });
}
