import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { RunOptions, RunSummary } from "@almagest/pipeline";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList, parseWhole } from "../../cli/parse-options.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { EXIT } from "../../cli/report-error.ts";
import { showRun } from "../../cli/run-progress.ts";
import { renderTextTable } from "../../cli/text-table.ts";
import { summariseRun } from "../../report/how-panels.ts";
import { RUNTIME_URL } from "../../runtime.ts";

/** Options of the command line that say how quanta run. */
export interface ExecutionOptions {
  readonly jobs: number;
  readonly processes?: number;
  readonly retries: number;
  readonly retryOn: string[];
  readonly timeout?: number;
  readonly memoryPerQuantum?: number;
  readonly failFast?: boolean;
  readonly raiseOnPartialOutputs: boolean;
  readonly summary?: string;
  readonly json?: boolean;
}

/** Adds these options to a command. */
export function addExecutionOptions(command: Command): Command {
  return command
    .option("-j, --jobs <n>", "worker threads", parseWhole, availableParallelism())
    .option("--processes <n>", "the same, as the original says it", parseWhole)
    .option("--retries <n>", "how often a failed quantum is tried again", parseWhole, 0)
    .option("--retry-on <codes>", "only after these failures, such as PIPELINE.WORKER_LOST", collectList, [])
    .option("--timeout <sec>", "stop a quantum after this long", parseWhole)
    .option("--memory-per-quantum <MB>", "memory that a worker's objects may take", parseWhole)
    .option("--fail-fast", "stop at the first failure")
    .option("--no-raise-on-partial-outputs", "count a quantum with partial outputs as success")
    .option("--summary <file>", "also write the summary to this JSON file")
    .option("--json", "print the summary as JSON");
}

/** Runs quanta as these options say, shows how it goes and how it ended, and sets the exit code. */
export async function executeShown(
  context: CommandContext,
  options: ExecutionOptions,
  run: (how: Omit<RunOptions, "butler">) => Promise<RunSummary>,
): Promise<void> {
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  const shown = showRun(context.terminal, "run pipeline");
  const summary = await run({
    runtimeModule: RUNTIME_URL,
    workers: options.processes ?? options.jobs,
    retries: options.retries,
    failFast: options.failFast ?? false,
    signal: interrupt.signal,
    onProgress: shown.onProgress,
    acceptPartialOutputs: !options.raiseOnPartialOutputs,
    ...(options.retryOn.length > 0 ? { retryOn: options.retryOn } : {}),
    ...(options.timeout === undefined ? {} : { timeoutSec: options.timeout }),
    ...(options.memoryPerQuantum === undefined ? {} : { memoryMb: options.memoryPerQuantum }),
  });
  shown.end();
  const { terminal } = context;
  if (options.json) terminal.out.write(`${toJsonText(summary)}\n`);
  else terminal.out.write(`${renderTextTable(summariseRun(summary))}\n`);
  for (const failure of summary.failures) {
    const dataId = Object.entries(failure.dataId).map(([name, value]) => `${name}=${value}`);
    terminal.err.write(`failed: ${failure.label} (${dataId.join(", ")}): ${failure.message}\n`);
  }
  for (const note of [...summary.warnings, ...summary.notes]) terminal.err.write(`note: ${note}\n`);
  const exitCode = exitCodeOf(summary, options.failFast ?? false);
  if (options.summary !== undefined) {
    await writeFile(options.summary, `${toJsonText({ ...summary, exitCode })}\n`);
  }
  if (exitCode !== EXIT.ok) context.exitCode = exitCode;
}

/** As in the original: 21 for an invalid quantum, 20 when one that would fail again ended the run, else 1 for failures. */
function exitCodeOf({ status, failures }: RunSummary, failFast: boolean): number {
  if (status === "interrupted") return EXIT.interrupted;
  if (failures.some(({ kind }) => kind === "invalid")) return EXIT.invalidQuantum;
  if (failFast && failures.some(({ kind }) => kind === "repeatable")) return EXIT.repeatable;
  return status === "failed" || status === "empty" ? EXIT.failed : EXIT.ok;
}
