import { readFacts, runJob } from "@almagest/batch";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { openRepository } from "../../open-repository.ts";
import { RUNTIME_URL } from "../../runtime.ts";

/** `almagest bps run-job`: what a batch system starts. It exits with 0 when the job ran to its end, even where quanta
 * failed: its result tells which, and other jobs go on with the rest. */
export function addRunJob(parent: Command, context: CommandContext): void {
  parent
    .command("run-job")
    .description("Run the quanta of one job (started by the batch system).")
    .argument("<folder>", "submit folder")
    .argument("<job>", "name of the job")
    .action(async (folder: string, job: string) => {
      await using butler = await openRepository(readFacts(folder).butlerConfig, { writeable: true });
      const interrupt = new AbortController();
      process.once("SIGTERM", () => interrupt.abort());
      const { outcomes, failures, seconds } = await runJob({
        folder,
        job,
        butler,
        runtimeModule: RUNTIME_URL,
        signal: interrupt.signal,
      });
      context.terminal.out.write(`${toJsonText({ job, outcomes, failures, seconds })}\n`);
    });
}
