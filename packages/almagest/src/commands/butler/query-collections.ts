import type { CollectionKind } from "@almagest/butler";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList } from "../../cli/parse-options.ts";
import { printRows, type RowOptions } from "../../cli/print-rows.ts";
import { openRepository } from "../../open-repository.ts";

interface Options extends RowOptions {
  readonly collectionType?: string[];
  readonly chains: string;
}

/** `almagest butler query-collections`: what collections a repository has. */
export function addQueryCollections(parent: Command, context: CommandContext): void {
  parent
    .command("query-collections")
    .description("List the collections of a repository.")
    .argument("<repo>", "root of the repository")
    .argument("[glob...]", "names or globs; all when none is given")
    .option(
      "--collection-type <kinds>",
      "only RUN, TAGGED, CHAINED or CALIBRATION (comma separated)",
      collectList,
    )
    .option("--chains <mode>", "TREE (children indented) | TABLE | FLATTEN | NO-CHILDREN", "TREE")
    .option("--json", "print one JSON array")
    .option("--csv", "print CSV")
    .addHelpText("after", "\nExample:\n  almagest butler query-collections demo/repo 'runs/*' --chains TABLE")
    .action(async (repo: string, globs: string[], options: Options) => {
      await using butler = await openRepository(repo);
      const kinds = options.collectionType?.map((kind) => kind.toUpperCase() as CollectionKind);
      const mode = options.chains.toUpperCase();
      const found = await butler.queryCollections(globs.length > 0 ? globs : "*", {
        ...(kinds === undefined ? {} : { kinds }),
        flatten: mode === "FLATTEN",
      });
      if (options.json || options.csv || mode !== "TREE") {
        const rows = found.map((info) => ({
          name: info.name,
          type: info.kind,
          ...(mode === "NO-CHILDREN" || mode === "FLATTEN" ? {} : { children: info.children }),
        }));
        printRows(context.terminal, rows, options, "No collections match.");
        return;
      }
      const byName = new Map((await butler.queryCollections("*")).map((info) => [info.name, info]));
      const rows: { name: string; type: string }[] = [];
      const walk = (name: string, depth: number): void => {
        const info = byName.get(name);
        rows.push({ name: `${"  ".repeat(depth)}${name}`, type: info?.kind ?? "" });
        for (const child of info?.children ?? []) walk(child, depth + 1);
      };
      for (const info of found) walk(info.name, 0);
      printRows(context.terminal, rows, options, "No collections match.");
    });
}
