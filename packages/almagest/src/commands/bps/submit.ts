import { setTimeout as sleep } from "node:timers/promises";
import { findSystem, initialiseRun, isFinal, readSubmission, type Submission } from "@almagest/batch";
import type { Butler } from "@almagest/butler";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { openRepository } from "../../open-repository.ts";
import { RUNTIME_URL } from "../../runtime.ts";
import { JOB_TOOLS } from "./job-command.ts";
import { addSubmitFileOptions, prepareFromFile, type SubmitFileOptions } from "./prepare.ts";
import { printReport } from "./print-report.ts";

interface WaitOptions {
  readonly wait?: boolean;
  readonly interval: string;
  readonly json?: boolean;
}

const addWaitOptions = (command: Command): Command =>
  command
    .option("--wait", "stay until all jobs have ended, trying again what ran out of memory or time")
    .option("--interval <sec>", "with --wait: seconds between looks", "5");

/** `almagest bps submit`: prepares and hands the jobs over. */
export function addSubmit(parent: Command, context: CommandContext): void {
  const command = parent
    .command("submit")
    .description(
      "Prepare, then hand the jobs to the batch system. The local pool returns when all have ended.",
    );
  addWaitOptions(addSubmitFileOptions(command)).action(
    async (path: string, options: SubmitFileOptions & WaitOptions) => {
      await prepareFromFile(path, options, (submission, butler) =>
        handOver(context, submission, butler, options),
      );
    },
  );
}

/** `almagest bps restart`: hands over again what has not succeeded. */
export function addRestart(parent: Command, context: CommandContext): void {
  const command = parent
    .command("restart")
    .description("Hand over again every job that has not succeeded; what is done is kept.")
    .requiredOption("--id <folder>", "submit folder")
    .option("--json", "print as JSON");
  addWaitOptions(command).action(async (options: WaitOptions & { readonly id: string }) => {
    const submission = readSubmission(options.id);
    await findSystem(submission.facts.system).cancel(submission);
    await using butler = await openRepository(submission.facts.butlerConfig, { writeable: true });
    await handOver(context, submission, butler, options);
  });
}

async function handOver(
  context: CommandContext,
  submission: Submission,
  butler: Butler,
  options: WaitOptions,
): Promise<void> {
  const system = findSystem(submission.facts.system);
  const { terminal } = context;
  await initialiseRun(submission, { butler, runtimeModule: RUNTIME_URL });
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  const tools = { ...JOB_TOOLS, signal: interrupt.signal };
  terminal.err.write(`Submit folder: ${submission.folder}\n`);
  await system.submit(submission, tools);
  let statuses = await system.status(submission);
  while (options.wait && system.advance && !interrupt.signal.aborted) {
    const open = await system.advance(submission, tools);
    statuses = await system.status(submission);
    if (!open && statuses.every(({ state }) => isFinal(state))) break;
    await sleep(Number(options.interval) * 1000, undefined, { signal: interrupt.signal }).catch(
      () => undefined,
    );
  }
  printReport(context, submission, statuses, options);
}
