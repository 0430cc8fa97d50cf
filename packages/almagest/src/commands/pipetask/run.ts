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
import { loadEditedPipeline } from "./pipeline-options.ts";

interface Options {
  readonly butlerConfig: string;
  readonly pipeline?: string;
  readonly qgraph?: string;
  readonly qgraphNodeId: string[];
  readonly config: string[];
  readonly input: string[];
  readonly output?: string;
  readonly outputRun?: string;
  readonly extendRun?: boolean;
  readonly dataQuery?: string;
  readonly retainedDatasetTypes: string[];
  readonly jobs: number;
  readonly retries: number;
  readonly timeout?: number;
  readonly failFast?: boolean;
  readonly json?: boolean;
}

const append = (value: string, previous: string[]): string[] => [...previous, value];

/** `almagest pipetask run`: runs a pipeline on the data of a repository. */
export function addRun(parent: Command, context: CommandContext): void {
  parent
    .command("run")
    .description("Run a pipeline on the data of a repository. Quanta that are done are skipped.")
    .requiredOption("-b, --butler-config <repo>", "root of the repository")
    .option("-p, --pipeline <file>", "pipeline YAML, with an optional #fragment")
    .option("-g, --qgraph <file>", "run a stored quantum graph (.qg) instead of a pipeline")
    .option("--qgraph-node-id <ids>", "with --qgraph: only these quanta", collectList, [])
    .option("-c, --config <label:field=value>", "override a configuration value (repeatable)", append, [])
    .option("-i, --input <collections>", "input collections, in search order", collectList, [])
    .option("-o, --output <chain>", "chain to put a new, time-stamped run in front of")
    .option("--output-run <run>", "run to write; going on with it if it exists")
    .option("--extend-run", "with --output: go on with the chain's newest run")
    .option("-d, --data-query <expression>", "which data, for example \"visit IN (1..20) AND band='r'\"")
    .option(
      "--retained-dataset-types <globs>",
      "types that were kept: finished quanta run again where another output of them is needed",
      collectList,
      [],
    )
    .option("-j, --jobs <n>", "worker threads", parseWhole, availableParallelism())
    .option("--retries <n>", "how often a failed quantum is tried again", parseWhole, 0)
    .option("--timeout <sec>", "stop a quantum after this long", parseWhole)
    .option("--fail-fast", "stop at the first failure")
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
        signal: interrupt.signal,
        onProgress: shown.onProgress,
        ...(options.timeout === undefined ? {} : { timeoutSec: options.timeout }),
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
      if (summary.status === "failed" || summary.status === "empty") context.exitCode = EXIT.failed;
      if (summary.status === "interrupted") context.exitCode = EXIT.interrupted;
    });
}

/** Runs the stored graph, or the pipeline: one of the two must be given. */
async function runEither(options: Options, how: RunOptions): Promise<RunSummary> {
  const { pipeline, qgraph, qgraphNodeId } = options;
  if ((pipeline === undefined) === (qgraph === undefined)) {
    throw new AlmagestError("ALMAGEST.USAGE", "Give either --pipeline or --qgraph.");
  }
  if (pipeline === undefined) {
    const quanta = qgraphNodeId.length > 0 ? { quantumIds: qgraphNodeId } : {};
    return runGraphFile({ ...how, path: qgraph!, ...quanta });
  }
  return runPipeline({
    ...how,
    pipeline: await loadEditedPipeline({ pipeline, config: options.config }),
    inputs: options.input,
    extendRun: options.extendRun ?? false,
    ...(options.retainedDatasetTypes.length > 0
      ? { retainedDatasetTypes: options.retainedDatasetTypes }
      : {}),
    ...(options.dataQuery === undefined ? {} : { where: options.dataQuery }),
    ...(options.output === undefined ? {} : { output: options.output }),
    ...(options.outputRun === undefined ? {} : { outputRun: options.outputRun }),
  });
}
