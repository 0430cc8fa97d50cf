import { writeFile } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import { effectiveConfig } from "@almagest/butler";
import type { Command } from "commander";
import { stringify } from "yaml";
import type { CommandContext } from "../../cli/command-context.ts";
import { type RowOptions, toJsonText } from "../../cli/print-rows.ts";

interface Options extends RowOptions {
  readonly subset?: string;
  readonly file?: string;
}

/** The part of a tree under `.a.b` (the first character separates) or `a`. Throws `ALMAGEST.USAGE`. */
function subsetOf(tree: unknown, subset: string): unknown {
  const separated = /^[^\w<]/.test(subset);
  const keys = separated ? subset.slice(1).split(subset[0]!) : [subset];
  let part = tree;
  for (const key of keys) {
    if (typeof part !== "object" || part === null || !Object.hasOwn(part, key)) {
      throw new AlmagestError(
        "ALMAGEST.USAGE",
        `${subset} is not in the configuration; it has ${Object.keys(tree as object).join(", ")}.`,
      );
    }
    part = (part as Record<string, unknown>)[key];
  }
  return part;
}

/** `almagest butler config-dump`: the configuration that holds for a repository. */
export function addConfigDump(parent: Command, context: CommandContext): void {
  parent
    .command("config-dump")
    .description(
      "Print the configuration of a repository, with the defaults that hold where it says nothing.",
    )
    .argument("<repo>", "root of the repository")
    .option("-s, --subset <key>", "only this part, such as .datastore.root")
    .option("--file <path>", "write it to a file")
    .option("--json", "print JSON")
    .action(async (repo: string, options: Options) => {
      const tree = await effectiveConfig(repo);
      const { subset } = options;
      const part = subset === undefined ? tree : subsetOf(tree, subset);
      const plain = typeof part === "object" && part !== null ? part : { [subset!]: part };
      const text = options.json ? `${toJsonText(plain)}\n` : stringify(plain, { lineWidth: 0 });
      if (options.file !== undefined && options.file !== "-") await writeFile(options.file, text);
      else context.terminal.out.write(text);
    });
}
