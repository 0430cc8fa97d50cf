import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { AlmagestError } from "@almagest/base";
import { type RunOptions, type RunSummary, runGraphFile, runPipeline } from "@almagest/pipeline";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList, parseWhole } from "../../cli/parse-options.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { EXIT } from "../../cli/report-error.ts";
import { showRun } from "../../cli/run-progress.ts";
import { renderTextTable } from "../../cli/text-table.ts";
import { openRepository } from "../../open-repository.ts";
import { summariseRun } from "../../report/how-panels.ts";
import { RUNTIME_URL } from "../../runtime.ts";
import { joinDataIdTables } from "./data-id-table.ts";
import { addGraphOptions, type GraphOptions, toPrepareOptions } from "./graph-options.ts";
import { addPipelineOptions, loadEditedPipeline, type PipelineEdits } from "./pipeline-options.ts";

interface Options extends PipelineEdits, GraphOptions {
  readonly butlerConfig: string;
  readonly qgraph?: string;
  readonly qgraphNodeId: string[];
  readonly jobs: number;
  readonly retries: number;
  readonly retryOn: string[];
  readonly timeout?: number;
  readonly memoryPerQuantum?: number;
  readonly failFast?: boolean;
  readonly initOnly?: boolean;
  readonly raiseOnPartialOutputs: boolean;
  readonly summary?: string;
  readonly json?: boolean;
}

/** `almagest pipetask run`: runs a pipeline on the data of a repository. */
export function addRun(parent: Command, context: CommandContext): void {
  const command = parent
    .command("run")
    .description("Run a pipeline on the data of a repository. Quanta that are done are skipped.")
    .requiredOption("-b, --butler-config <repo>", "root of the repository")
    .option("-g, --qgraph <file>", "run a stored quantum graph (.qg) instead of a pipeline")
    .option("--qgraph-node-id <ids>", "with --qgraph: only these quanta", collectList, []);
  addGraphOptions(addPipelineOptions(command))
    .option("-j, --jobs <n>", "worker threads", parseWhole, availableParallelism())
    .option("--retries <n>", "how often a failed quantum is tried again", parseWhole, 0)
    .option("--retry-on <codes>", "only after these failures, such as PIPELINE.WORKER_LOST", collectList, [])
    .option("--timeout <sec>", "stop a quantum after this long", parseWhole)
    .option("--memory-per-quantum <MB>", "memory that a worker's objects may take", parseWhole)
    .option("--init-only", "only make the run, its dataset types, configurations and init outputs")
    .option("--fail-fast", "stop at the first failure")
    .option("--no-raise-on-partial-outputs", "count a quantum with partial outputs as success")
    .option("--summary <file>", "also write the summary to this JSON file")
    .option("--json", "print the summary as JSON")
    .action(async (options: Options) => {
      await using butler = await openRepository(options.butlerConfig, { writeable: true });
      const interrupt = new AbortController();
      process.once("SIGINT", () => interrupt.abort());
      const shown = showRun(context.terminal, "run pipeline");
      const summary = await runEither(options, {
        butler,
        runtimeModule: RUNTIME_URL,
        workers: options.jobs,
        retries: options.retries,
        failFast: options.failFast ?? false,
        initOnly: options.initOnly ?? false,
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
    });
}

/** As in the original: 21 for an invalid quantum, 20 when one that would fail again ended the run, else 1 for failures. */
function exitCodeOf({ status, failures }: RunSummary, failFast: boolean): number {
  if (status === "interrupted") return EXIT.interrupted;
  if (failures.some(({ kind }) => kind === "invalid")) return EXIT.invalidQuantum;
  if (failFast && failures.some(({ kind }) => kind === "repeatable")) return EXIT.repeatable;
  return status === "failed" || status === "empty" ? EXIT.failed : EXIT.ok;
}

/** Runs the stored graph, or the pipeline: one of the two must be given. */
async function runEither(options: Options, how: RunOptions): Promise<RunSummary> {
  const { pipeline, qgraph, qgraphNodeId, task = [] } = options;
  const isBuilt = pipeline !== undefined || task.length > 0;
  if (isBuilt === (qgraph !== undefined)) {
    throw new AlmagestError("ALMAGEST.USAGE", "Give either --pipeline or --qgraph.");
  }
  if (!isBuilt) {
    const quanta = qgraphNodeId.length > 0 ? { quantumIds: qgraphNodeId } : {};
    return runGraphFile({ ...how, path: qgraph!, ...quanta });
  }
  const joined = await joinDataIdTables(options, how.butler.universe);
  const built = { pipeline: await loadEditedPipeline(options), ...toPrepareOptions(joined) };
  return runPipeline({ ...how, ...built });
}
