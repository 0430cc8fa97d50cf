import { findSystem, readSubmission } from "@almagest/batch";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { toJsonText } from "../../cli/print-rows.ts";

/** `almagest bps cancel`: stops the jobs of a submission; what has finished is kept. */
export function addCancel(parent: Command, context: CommandContext): void {
  parent
    .command("cancel")
    .description("Stop the jobs of a submission; `restart` goes on with it.")
    .requiredOption("--id <folder>", "submit folder")
    .option("--json", "print as JSON")
    .action(async ({ id, json }: { readonly id: string; readonly json?: boolean }) => {
      const submission = readSubmission(id);
      const cancelled = await findSystem(submission.facts.system).cancel(submission);
      context.terminal.out.write(json ? `${toJsonText({ id, cancelled })}\n` : `${cancelled} jobs stopped\n`);
    });
}
