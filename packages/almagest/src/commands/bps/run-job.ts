import { AlmagestError } from "@almagest/base";
import { readFacts, runJob } from "@almagest/batch";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { reportError } from "../../cli/report-error.ts";
import { openRepository } from "../../open-repository.ts";
import { RUNTIME_URL } from "../../runtime.ts";

/** Exit code of a job that may well succeed when tried again (EX_TEMPFAIL of sysexits.h). */
const TRY_AGAIN = 75;

/** A mistake in what was submitted stays one; a full disk, a busy database or a stopped job does not. */
export function isLasting(error: unknown): boolean {
  return (
    error instanceof AlmagestError && !error.retryable && /^(BATCH|PIPELINE|ALMAGEST)\./.test(error.code)
  );
}

/** `almagest bps run-job`: what a batch system starts. It exits with 0 when the job ran to its end, even where quanta
 * failed: its result tells which, and other jobs go on with the rest. It exits with 1 where trying again is in vain
 * (`retryUnlessExit` names this code), with 75 where it is not. */
export function addRunJob(parent: Command, context: CommandContext): void {
  parent
    .command("run-job")
    .description("Run the quanta of one job (started by the batch system).")
    .argument("<folder>", "submit folder")
    .argument("<job>", "name of the job")
    .action(async (folder: string, job: string) => {
      const interrupt = new AbortController();
      process.once("SIGTERM", () => interrupt.abort());
      try {
        await using butler = await openRepository(readFacts(folder).butlerConfig, { writeable: true });
        const options = { folder, job, butler, runtimeModule: RUNTIME_URL, signal: interrupt.signal };
        const { outcomes, failures, seconds } = await runJob(options);
        context.terminal.out.write(`${toJsonText({ job, outcomes, failures, seconds })}\n`);
      } catch (error) {
        const stopped = error instanceof AlmagestError && error.code === "BATCH.INTERRUPTED";
        if (isLasting(error) && !stopped) throw error;
        reportError(context.terminal, error, false);
        context.exitCode = TRY_AGAIN;
      }
    });
}
