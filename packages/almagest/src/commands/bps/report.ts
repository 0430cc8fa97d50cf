import { exitCodeOf, findSystem, overallState, readSubmission } from "@almagest/batch";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { printReport, type ReportOptions } from "./print-report.ts";

/** `almagest bps report` and `status`: how a submission stands, in full and as one word. */
export function addReport(parent: Command, context: CommandContext): void {
  parent
    .command("report")
    .description("How a submission stands: jobs by label and state, and why some failed.")
    .requiredOption("--id <folder>", "submit folder")
    .option("--return-exit-codes", "also the exit codes of failed jobs")
    .option("--json", "print as JSON, with every job")
    .action(async ({ id, ...options }: ReportOptions & { readonly id: string }) => {
      const submission = readSubmission(id);
      const statuses = await findSystem(submission.facts.system).status(submission);
      printReport(context, submission, statuses, options);
    });
  parent
    .command("status")
    .description("The state of a submission as one word; the exit code is 0 when it succeeded.")
    .requiredOption("--id <folder>", "submit folder")
    .option("--json", "print as JSON")
    .action(async ({ id, json }: { readonly id: string; readonly json?: boolean }) => {
      const submission = readSubmission(id);
      const statuses = await findSystem(submission.facts.system).status(submission);
      const state = overallState(statuses.map((status) => status.state));
      context.terminal.out.write(json ? `${toJsonText({ id, state })}\n` : `${state}\n`);
      context.exitCode = exitCodeOf(state);
    });
}
