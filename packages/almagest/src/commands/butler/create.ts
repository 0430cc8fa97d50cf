import { readFile } from "node:fs/promises";
import { createRepository, type UniverseConfig } from "@almagest/butler";
import type { Command } from "commander";
import { parse } from "yaml";
import type { CommandContext } from "../../cli/command-context.ts";

interface Options {
  readonly seedConfig?: string;
  readonly dimensionConfig?: string;
}

/** `almagest butler create`: a new, empty repository. */
export function addCreate(parent: Command, context: CommandContext): void {
  parent
    .command("create")
    .description("Make a new, empty repository (SQLite, files in the same folder).")
    .argument("<repo>", "folder to make it in")
    .option("--seed-config <yaml>", "configuration whose registry.db names the database to use")
    .option("--dimension-config <yaml>", "dimension universe to use instead of universe 8")
    .option("--standalone", "keep all settings in the repository (it always does)")
    .action(async (repo: string, options: Options) => {
      const seed = options.seedConfig === undefined ? {} : parse(await readFile(options.seedConfig, "utf8"));
      const database = (seed as { registry?: { db?: string } }).registry?.db;
      const universe =
        options.dimensionConfig === undefined
          ? undefined
          : (parse(await readFile(options.dimensionConfig, "utf8")) as UniverseConfig);
      await createRepository(repo, {
        ...(universe === undefined ? {} : { universe }),
        ...(database === undefined ? {} : { database }),
      });
      context.terminal.err.write(`Made an empty repository in ${repo}.\n`);
    });
}
