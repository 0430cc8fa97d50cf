import { availableParallelism } from "node:os";
import { AlmagestError } from "@almagest/base";
import type { Butler } from "@almagest/butler";
import { isRemoteUri } from "@almagest/resources";
import { createPipelineGraph, type PipelineGraph } from "../graph/pipeline-graph.ts";
import { buildQuantumGraph, countQuanta } from "../quanta/build-quantum-graph.ts";
import type { QuantumGraph } from "../quanta/quantum-graph.ts";
import { executeGraph } from "./execute-graph.ts";
import { createInlinePool } from "./inline-pool.ts";
import { createLabelCounters, type LabelCounter, summarizeLabel } from "./label-counters.ts";
import { planCollections, pruneReplaced, type RunCollections } from "./output-collections.ts";
import type { TaskSpec } from "./quantum-job.ts";
import type { QuantumPool } from "./quantum-pool.ts";
import { type InitInputs, runInits } from "./run-inits.ts";
import type { RunPipelineOptions, RunSummary } from "./run-options.ts";
import { enterRun, sweepRun } from "./run-presence.ts";
import { importRuntime, loadRuntime } from "./runtime.ts";
import { createThreadPool } from "./thread-pool.ts";
import { registerOutputTypes, writeInitOutputs } from "./write-init-outputs.ts";

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
  const started = performance.now();
  const elapsedSec = (): number => (performance.now() - started) / 1000;
  const { butler } = options;
  if (butler.readOnly) {
    throw new AlmagestError(
      "PIPELINE.RUN_INVALID",
      "The Butler was opened read-only; open it writeable to run a pipeline.",
    );
  }
  // Workers write files by path and one sync of their file system makes them durable.
  if (isRemoteUri(butler.root)) {
    throw new AlmagestError(
      "PIPELINE.RUN_INVALID",
      `Files of this repository are at ${butler.root}, and pipelines run on local files only; run in a local repository and transfer the products.`,
      { fields: { root: butler.root } },
    );
  }
  const { graph, quanta, collections } = await prepare();
  const graphSec = elapsedSec();
  const initial = createLabelCounters(quanta);
  options.onProgress?.({ kind: "graphBuilt", labels: initial, seconds: graphSec });
  const toRun = countQuanta(quanta).reduce((sum, { run }) => sum + run, 0);
  let counters: readonly LabelCounter[] = initial;
  let result: Pick<RunSummary, "status" | "failures"> = {
    status: quanta.count === 0 ? "empty" : "succeeded",
    failures: [],
  };
  const warnings = [...graph.warnings];
  let workers = 0;
  if (toRun > 0) {
    await butler.registerRun(collections.outputRun);
    const presence = await enterRun(butler, collections.outputRun);
    let pool: QuantumPool | undefined;
    try {
      const opened = await openRun(butler, graph, quanta, collections);
      warnings.push(...opened.warnings);
      if (!options.initOnly) {
        pool = await createPool(options, graph, toRun, opened.initInputs);
        workers = pool.workers;
        const { signal, onProgress } = options;
        const executed = await executeGraph({
          butler,
          graph: quanta,
          continued: presence.continued,
          pool,
          retries: options.retries ?? 0,
          ...(options.retryOn ? { retryOn: options.retryOn } : {}),
          failFast: options.failFast ?? false,
          ...(signal ? { signal } : {}),
          ...(onProgress ? { onProgress } : {}),
        });
        counters = executed.counters;
        const { failures, interrupted } = executed;
        result = {
          status: interrupted ? "interrupted" : failures.length > 0 ? "failed" : "succeeded",
          failures,
        };
      }
    } finally {
      await pool?.close();
      presence.leave();
    }
  } else await sweepRun(butler, collections.outputRun);
  const totalSec = elapsedSec();
  options.onProgress?.({ kind: "ended", labels: counters, seconds: totalSec });
  return {
    ...result,
    outputRun: collections.outputRun,
    labels: counters.map(summarizeLabel),
    warnings,
    notes: quanta.notes,
    graphSec,
    totalSec,
    workers,
  };
}

/** What is needed to know what a run would do. */
export type PrepareOptions = Omit<
  RunPipelineOptions,
  "workers" | "retries" | "timeoutSec" | "onProgress" | "signal"
>;

/** How to run, whatever is run. */
export type RunOptions = Pick<
  RunPipelineOptions,
  | "butler"
  | "runtimeModule"
  | "workers"
  | "retries"
  | "retryOn"
  | "memoryMb"
  | "acceptPartialOutputs"
  | "timeoutSec"
  | "failFast"
  | "initOnly"
  | "checksum"
  | "signal"
  | "onProgress"
>;

/** A run as it would be: its graphs, and where it reads and writes. */
export interface PreparedRun {
  readonly graph: PipelineGraph;
  readonly quanta: QuantumGraph;
  readonly collections: RunCollections;
}

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
async function openRun(
  butler: Butler,
  graph: PipelineGraph,
  quanta: QuantumGraph,
  collections: RunCollections,
): Promise<{ warnings: string[]; initInputs: InitInputs }> {
  const { outputRun, chain } = collections;
  await registerOutputTypes(butler, graph);
  if (chain) {
    await butler.registerCollection(chain.name, "CHAINED");
    await butler.setChain(chain.name, chain.children);
    await pruneReplaced(butler, collections);
  }
  const warnings = await writeInitOutputs(butler, graph, outputRun, quanta.ids);
  const { ids, inputs } = quanta;
  const initInputs = await runInits(butler, graph, { outputRun, inputs, ...(ids ? { ids } : {}) });
  const leftovers = quanta.tasks.flatMap((task) => task.leftovers);
  if (leftovers.length > 0) await butler.prune(leftovers, { purge: true });
  return { warnings, initInputs };
}

async function createPool(
  options: RunOptions,
  graph: PipelineGraph,
  quanta: number,
  initInputs: InitInputs,
): Promise<QuantumPool> {
  const { butler, runtimeModule } = options;
  const checksum = options.checksum ?? true;
  const acceptPartialOutputs = options.acceptPartialOutputs ?? false;
  const specs: TaskSpec[] = [...graph.tasks.values()].map(({ label, className, resolved }) => ({
    label,
    className,
    settings: resolved.settings,
    connectionNames: resolved.connectionNames,
    ...(initInputs.has(label) ? { initInputs: initInputs.get(label)! } : {}),
  }));
  const workers = options.workers ?? availableParallelism();
  if (workers <= 0) {
    const runtime = await loadRuntime(await importRuntime(runtimeModule), specs, butler.root);
    return createInlinePool({ runtime, root: butler.root, checksum, acceptPartialOutputs });
  }
  if (typeof runtimeModule !== "string" && !(runtimeModule instanceof URL)) {
    throw new AlmagestError(
      "PIPELINE.RUN_INVALID",
      "Worker threads need the URL of a runtime module; a runtime given as an object runs with workers: 0 only.",
    );
  }
  return createThreadPool(
    {
      runtimeModule: String(runtimeModule),
      specs,
      root: butler.root,
      checksum,
      acceptPartialOutputs,
      ...(options.memoryMb === undefined ? {} : { memoryMb: options.memoryMb }),
    },
    {
      workers: Math.max(1, Math.min(workers, quanta)),
      ...(options.timeoutSec === undefined ? {} : { timeoutSec: options.timeoutSec }),
    },
  );
}
