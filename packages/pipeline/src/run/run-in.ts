import { availableParallelism } from "node:os";
import { AlmagestError } from "@almagest/base";
import { isRemoteUri } from "@almagest/resources";
import type { PipelineGraph } from "../graph/pipeline-graph.ts";
import { countQuanta } from "../quanta/build-quantum-graph.ts";
import type { QuantumGraph } from "../quanta/quantum-graph.ts";
import { executeGraph } from "./execute-graph.ts";
import { createInlinePool } from "./inline-pool.ts";
import { createLabelCounters, type LabelCounter, summarizeLabel } from "./label-counters.ts";
import type { RunCollections } from "./output-collections.ts";
import type { TaskSpec } from "./quantum-job.ts";
import type { QuantumPool } from "./quantum-pool.ts";
import type { RunButler } from "./run-butler.ts";
import { type InitInputs, runInits } from "./run-inits.ts";
import type { RunPipelineOptions, RunSummary } from "./run-options.ts";
import { enterRun, sweepRun } from "./run-presence.ts";
import { importRuntime, loadRuntime } from "./runtime.ts";
import { createThreadPool } from "./thread-pool.ts";
import { writeInitOutputs } from "./write-init-outputs.ts";

/** Where a graph runs. */
export interface RunPlace {
  readonly butler: RunButler;
  /** There is no database behind the Butler (`IngestOptions`). */
  readonly filesOnly?: boolean;
  /** Makes what must be there before the first quantum. */
  open(prepared: PreparedRun): Promise<OpenedRun>;
}

/** A run that quanta may write. */
export interface OpenedRun {
  readonly warnings: readonly string[];
  readonly initInputs: InitInputs;
}

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

/** Runs quanta in some place. Throws `PIPELINE.RUN_INVALID` and what `prepare` and `open` throw. */
export async function runIn(
  place: RunPlace,
  prepare: () => Promise<PreparedRun>,
  options: Omit<RunOptions, "butler">,
): Promise<RunSummary> {
  const started = performance.now();
  const elapsedSec = (): number => (performance.now() - started) / 1000;
  const { butler, filesOnly = false } = place;
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
  const prepared = await prepare();
  const { graph, quanta, collections } = prepared;
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
      const opened = await place.open(prepared);
      warnings.push(...opened.warnings);
      if (!options.initOnly) {
        pool = await createPool(butler.root, options, graph, toRun, opened.initInputs);
        workers = pool.workers;
        const { signal, onProgress } = options;
        const executed = await executeGraph({
          butler,
          filesOnly,
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

/** Stores configurations, versions and init outputs, purges what unfinished quanta left. */
export async function initRun(butler: RunButler, prepared: PreparedRun): Promise<OpenedRun> {
  const { graph, quanta, collections } = prepared;
  const { outputRun } = collections;
  const warnings = await writeInitOutputs(butler, graph, outputRun, quanta.ids);
  const { ids, inputs } = quanta;
  const initInputs = await runInits(butler, graph, { outputRun, inputs, ...(ids ? { ids } : {}) });
  const leftovers = quanta.tasks.flatMap((task) => task.leftovers);
  if (leftovers.length > 0) await butler.prune(leftovers, { purge: true });
  return { warnings, initInputs };
}

async function createPool(
  root: string,
  options: Omit<RunOptions, "butler">,
  graph: PipelineGraph,
  quanta: number,
  initInputs: InitInputs,
): Promise<QuantumPool> {
  const { runtimeModule } = options;
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
    const runtime = await loadRuntime(await importRuntime(runtimeModule), specs, root);
    return createInlinePool({ runtime, root, checksum, acceptPartialOutputs });
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
      root,
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
