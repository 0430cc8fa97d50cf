import type { UniverseConfig } from "@almagest/butler";
import { createUniverse } from "@almagest/butler";
import { openGraphFile } from "../qg/open-graph-file.ts";
import { restoreGraph, restoreQuanta } from "../qg/restore-graph.ts";
import { openGraphButler } from "./graph-butler.ts";
import { planCollections } from "./output-collections.ts";
import { initRun, type PreparedRun, type RunOptions, runIn } from "./run-in.ts";
import type { RunSummary } from "./run-options.ts";
import { runPrepared } from "./run-pipeline.ts";
import { importRuntime } from "./runtime.ts";

/** Which quanta of a stored graph run. */
export interface GraphFileChoice {
  readonly path: string;
  /** Only these quanta; all unless told. */
  readonly quantumIds?: readonly string[];
}

/** A stored graph to run. */
export interface RunGraphFileOptions extends RunOptions, GraphFileChoice {}

/** A stored graph to run without the repository's database. */
export interface RunQuantumBackedOptions extends Omit<RunOptions, "butler">, GraphFileChoice {
  /** Path of the repository, whose configuration names files. */
  readonly location: string;
}

/** Runs a quantum graph file, or chosen quanta of it: outputs get the ids that the file foretells, and go to its run. What
 * is in that run already is skipped. Throws what `restoreGraph` and `runPipeline` throw. */
export async function runGraphFile(options: RunGraphFileOptions): Promise<RunSummary> {
  return runPrepared(() => prepareGraphFile(options), options);
}

/**
 * The same without a database: the file tells where inputs are, and outputs stay files under their planned names, until
 * `transferFromGraph` registers them. A quantum is done when its metadata are there; what another attempt left is deleted
 * first. Throws what `openGraphButler`, `restoreGraph` and `runPipeline` throw.
 */
export async function runQuantumBacked(options: RunQuantumBackedOptions): Promise<RunSummary> {
  const { path, location, quantumIds, runtimeModule } = options;
  const { tasks, formatters } = await importRuntime(runtimeModule);
  await using file = await openGraphFile(path);
  const { dimensions } = await file.readPipeline();
  const universe = createUniverse(dimensions as UniverseConfig);
  const butler = await openGraphButler({ file, location, universe, formatters });
  const { output_run: outputRun, inputs } = file.header;
  const prepare = async (): Promise<PreparedRun> => {
    const source = { butler, contents: butler.contents };
    const quanta = await restoreQuanta(file, source, { tasks, ...(quantumIds ? { quantumIds } : {}) });
    return { graph: quanta.pipelineGraph, quanta, collections: { outputRun, inputs } };
  };
  return await runIn({ butler, filesOnly: true, open: (run) => initRun(butler, run) }, prepare, options);
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
