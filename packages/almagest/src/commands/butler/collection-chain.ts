import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { printRows, type RowOptions } from "../../cli/print-rows.ts";
import { openRepository } from "../../open-repository.ts";

interface Options extends RowOptions {
  readonly mode: string;
}

/** `almagest butler collection-chain`: makes or changes a chain of collections. */
export function addCollectionChain(parent: Command, context: CommandContext): void {
  parent
    .command("collection-chain")
    .description("Make a chain of collections, or change its children. Prints the chain as it then is.")
    .argument("<repo>", "root of the repository")
    .argument("<chain>", "name of the chain")
    .argument("<child...>", "collections, in search order")
    .option("--mode <mode>", "redefine | extend | prepend | remove", "redefine")
    .option("--json", "print one JSON array")
    .option("--csv", "print CSV")
    .action(async (repo: string, chain: string, children: string[], options: Options) => {
      await using butler = await openRepository(repo, { writeable: true });
      await butler.registerCollection(chain, "CHAINED");
      const change = {
        redefine: butler.setChain,
        extend: butler.extendChain,
        prepend: butler.prependChain,
        remove: butler.removeFromChain,
      }[options.mode];
      if (change === undefined)
        parent.error(`error: --mode takes redefine, extend, prepend or remove, not '${options.mode}'`);
      await change.call(butler, chain, children);
      const info = await butler.getCollection(chain);
      printRows(
        context.terminal,
        info.children.map((child, position) => ({ position, child })),
        options,
      );
    });
}
