import type { Butler } from "@almagest/butler";
import { createPipelineGraph } from "../graph/pipeline-graph.ts";
import { buildQuantumGraph } from "../quanta/build-quantum-graph.ts";
import { planCollections, pruneReplaced } from "./output-collections.ts";
import { initRun, type OpenedRun, type PreparedRun, type RunOptions, runIn } from "./run-in.ts";
import type { RunPipelineOptions, RunSummary } from "./run-options.ts";
import { importRuntime } from "./runtime.ts";
import { registerOutputTypes } from "./write-init-outputs.ts";

/**
 * Runs a pipeline on some data: builds the quantum graph, runs what has not been done, registers outputs as they come. A
 * quantum that fails blocks only what depends on it; the summary says so. A run that was stopped or killed is continued
 * by calling this again with the same output run. Throws what makes a run impossible: the errors of `createPipelineGraph`
 * and `buildQuantumGraph`, `PIPELINE.RUN_INVALID`, `PIPELINE.CONFIG_CHANGED`, `PIPELINE.RUNTIME_INVALID`.
 */
export async function runPipeline(options: RunPipelineOptions): Promise<RunSummary> {
  return runPrepared(() => preparePipeline(options), options);
}

/** Runs a graph that was made before, such as one from a file. Throws as `runPipeline`. */
export async function runPrepared(
  prepare: () => Promise<PreparedRun>,
  options: RunOptions,
): Promise<RunSummary> {
  const { butler } = options;
  return runIn({ butler, open: (prepared) => openRun(butler, prepared) }, prepare, options);
}

/** What is needed to know what a run would do. */
export type PrepareOptions = Omit<
  RunPipelineOptions,
  "workers" | "retries" | "timeoutSec" | "onProgress" | "signal"
>;

/** Builds the graphs of a run without changing the repository. */
export async function preparePipeline(options: PrepareOptions): Promise<PreparedRun> {
  const { butler, pipeline } = options;
  const runtime = await importRuntime(options.runtimeModule);
  const registered = new Map((await butler.queryDatasetTypes()).map((type) => [type.name, type]));
  const graph = createPipelineGraph(pipeline, {
    tasks: runtime.tasks,
    universe: butler.universe,
    registered,
  });
  const collections = await planCollections(butler, options);
  const quanta = await buildQuantumGraph({
    source: butler,
    graph,
    inputs: collections.inputs,
    outputRun: collections.outputRun,
    skipExisting: options.skipExisting ?? true,
    ...(options.skipExistingIn ? { skipExistingIn: options.skipExistingIn } : {}),
    ...(options.clobber === undefined ? {} : { clobber: options.clobber }),
    ...(options.datasetQueryConstraint ? { datasetQueryConstraint: options.datasetQueryConstraint } : {}),
    ...(options.retainedDatasetTypes ? { retainedDatasetTypes: options.retainedDatasetTypes } : {}),
    ...(options.where === undefined ? {} : { where: options.where }),
    ...(options.dataId === undefined ? {} : { dataId: options.dataId }),
  });
  return { graph, quanta, collections };
}

/** Makes the run, its chain and its dataset types, stores configurations, purges what unfinished quanta left. */
async function openRun(butler: Butler, prepared: PreparedRun): Promise<OpenedRun> {
  const { graph, collections } = prepared;
  const { chain } = collections;
  await registerOutputTypes(butler, graph);
  if (chain) {
    await butler.registerCollection(chain.name, "CHAINED");
    await butler.setChain(chain.name, chain.children);
    await pruneReplaced(butler, collections);
  }
  return initRun(butler, prepared);
}
