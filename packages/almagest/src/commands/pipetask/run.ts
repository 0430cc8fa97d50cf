import { AlmagestError } from "@almagest/base";
import { type RunOptions, type RunSummary, runGraphFile, runPipeline } from "@almagest/pipeline";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList } from "../../cli/parse-options.ts";
import { openRepository } from "../../open-repository.ts";
import { joinDataIdTables } from "./data-id-table.ts";
import { addExecutionOptions, type ExecutionOptions, executeShown } from "./execution-options.ts";
import { addGraphOptions, type GraphOptions, toPrepareOptions } from "./graph-options.ts";
import { addPipelineOptions, loadEditedPipeline, type PipelineEdits } from "./pipeline-options.ts";

interface Options extends PipelineEdits, GraphOptions, ExecutionOptions {
  readonly butlerConfig: string;
  readonly qgraph?: string;
  readonly qgraphNodeId: string[];
  readonly initOnly?: boolean;
}

/** `almagest pipetask run`: runs a pipeline on the data of a repository. */
export function addRun(parent: Command, context: CommandContext): void {
  const command = parent
    .command("run")
    .description("Run a pipeline on the data of a repository. Quanta that are done are skipped.")
    .requiredOption("-b, --butler-config <repo>", "root of the repository")
    .option("-g, --qgraph <file>", "run a stored quantum graph (.qg) instead of a pipeline")
    .option("--qgraph-node-id <ids>", "with --qgraph: only these quanta", collectList, []);
  addExecutionOptions(addGraphOptions(addPipelineOptions(command)))
    .option("--init-only", "only make the run, its dataset types, configurations and init outputs")
    .action(async (options: Options) => {
      await using butler = await openRepository(options.butlerConfig, { writeable: true });
      await executeShown(context, options, (how) =>
        runEither(options, { ...how, butler, initOnly: options.initOnly ?? false }),
      );
    });
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
