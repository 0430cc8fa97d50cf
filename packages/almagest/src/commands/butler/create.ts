import { createRepository } from "@almagest/butler";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";

/** `almagest butler create`: a new, empty repository. */
export function addCreate(parent: Command, context: CommandContext): void {
  parent
    .command("create")
    .description("Make a new, empty repository (SQLite, files in the same folder).")
    .argument("<repo>", "folder to make it in")
    .action(async (repo: string) => {
      await createRepository(repo);
      context.terminal.err.write(`Made an empty repository in ${repo}.\n`);
    });
}
