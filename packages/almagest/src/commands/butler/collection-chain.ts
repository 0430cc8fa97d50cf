import { AlmagestError, isAlmagestError } from "@almagest/base";
import type { Butler, CollectionInfo } from "@almagest/butler";
import { type Command, Option } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { splitWords } from "../../cli/parse-options.ts";
import { type RowOptions, toJsonText } from "../../cli/print-rows.ts";
import { openCatalogue } from "../../open-catalogue.ts";

const MODES = ["redefine", "extend", "remove", "prepend", "pop"] as const;

interface Options extends RowOptions {
  readonly mode: (typeof MODES)[number];
  readonly doc?: string;
  readonly flatten?: boolean;
}

function usage(message: string): AlmagestError {
  return new AlmagestError("ALMAGEST.USAGE", message);
}

/** Children at the given places; negative ones count from the end. */
function childrenAt(info: CollectionInfo, places: readonly string[]): string[] {
  const { children, name } = info;
  return (places.length === 0 ? ["0"] : places).map((place) => {
    const index = Number(place);
    const child = Number.isInteger(index) ? children.at(index) : undefined;
    if (child === undefined) {
      throw usage(
        `Index ${place} is out of range. Parent collection ${name} has ${children.length} children.`,
      );
    }
    return child;
  });
}

async function findChain(butler: Butler, chain: string, options: Options): Promise<CollectionInfo> {
  try {
    return await butler.getCollection(chain);
  } catch (error) {
    const { mode } = options;
    if (!isAlmagestError(error, "BUTLER.COLLECTION_MISSING") || mode === "remove" || mode === "pop")
      throw error;
    await butler.registerCollection(chain, "CHAINED", options.doc);
    return butler.getCollection(chain);
  }
}

/** `almagest butler collection-chain`: makes or changes a chain of collections. */
export function addCollectionChain(parent: Command, context: CommandContext): void {
  parent
    .command("collection-chain")
    .description("Make a chain of collections, or change its children. Prints the chain as it then is.")
    .argument("<repo>", "root of the repository")
    .argument("<chain>", "name of the chain")
    .argument("[child...]", "collections, in search order; places for --mode pop, the first unless given")
    .option("--doc <text>", "what the chain is for, where it is made")
    .option("--flatten", "put the members of chains among the children in their place")
    .option("--no-flatten", "keep them as chains (the default)")
    .addOption(new Option("--mode <mode>", "what to do with the children").choices(MODES).default("redefine"))
    .option("--json", "print one JSON array")
    .action(async (repo: string, chain: string, words: string[], options: Options) => {
      let children = splitWords(words);
      const { mode } = options;
      if (children.length === 0 && mode !== "pop") {
        throw usage(`Must provide children when defining a collection chain in mode ${mode}.`);
      }
      if (options.flatten && (mode === "remove" || mode === "pop"))
        throw usage(`--flatten does not go with --mode ${mode}.`);
      await using butler = await openCatalogue(repo, { writeable: true });
      const info = await findChain(butler, chain, options);
      if (options.flatten) {
        children = (await butler.queryCollections(children, { flatten: true })).map(({ name }) => name);
      }
      if (mode === "redefine") await butler.setChain(chain, children);
      else if (mode === "extend") await butler.extendChain(chain, children);
      else if (mode === "prepend") await butler.prependChain(chain, children);
      else await butler.removeFromChain(chain, mode === "pop" ? childrenAt(info, children) : children);
      const after = (await butler.getCollection(chain)).children;
      context.terminal.out.write(options.json ? `${toJsonText(after)}\n` : `[${after.join(", ")}]\n`);
    });
}
