import { openGraphFile } from "../qg/open-graph-file.ts";
import { restoreGraph } from "../qg/restore-graph.ts";
import { planCollections } from "./output-collections.ts";
import type { RunSummary } from "./run-options.ts";
import { type PreparedRun, type RunOptions, runPrepared } from "./run-pipeline.ts";
import { importRuntime } from "./runtime.ts";

/** A stored graph to run. */
export interface RunGraphFileOptions extends RunOptions {
  readonly path: string;
  /** Only these quanta; all unless told. */
  readonly quantumIds?: readonly string[];
}

/** Runs a quantum graph file, or chosen quanta of it: outputs get the ids that the file foretells, and go to its run. What
 * is in that run already is skipped. Throws what `restoreGraph` and `runPipeline` throw. */
export async function runGraphFile(options: RunGraphFileOptions): Promise<RunSummary> {
  return runPrepared(() => prepareGraphFile(options), options);
}

async function prepareGraphFile(options: RunGraphFileOptions): Promise<PreparedRun> {
  const { butler, path, quantumIds } = options;
  const { tasks } = await importRuntime(options.runtimeModule);
  await using file = await openGraphFile(path);
  const quanta = await restoreGraph(file, { butler, tasks, ...(quantumIds ? { quantumIds } : {}) });
  const { output, output_run: outputRun, inputs } = file.header;
  const collections = await planCollections(butler, { inputs, outputRun, ...(output ? { output } : {}) });
  return { graph: quanta.pipelineGraph, quanta, collections };
}
