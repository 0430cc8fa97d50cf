import { buildPart, type PartSkeleton } from "./build-part.ts";
import { buildTask } from "./build-task.ts";
import type { BuildGraphOptions, Building } from "./building.ts";
import { openDatasets, prerequisiteTable } from "./dataset-tables.ts";
import { findExistingOutputs } from "./existing-outputs.ts";
import { explainEmpty } from "./explain-empty.ts";
import { planReruns } from "./plan-reruns.ts";
import {
  countStatus,
  QUANTUM_RUN,
  QUANTUM_SKIPPED,
  type QuantumGraph,
  type TaskQuanta,
} from "./quantum-graph.ts";
import { splitPipeline } from "./split-pipeline.ts";

/**
 * Builds all quanta of a pipeline for a data query: which data ids each task runs on, with what inputs, from the
 * repository or from other quanta. Quanta that lack inputs are dropped, with what depends on them. The order is that of
 * the tasks, then of the data ids. Throws `PIPELINE.PREREQUISITE_MISSING`, `PIPELINE.TYPE_MISMATCH`,
 * `PIPELINE.OUTPUT_EXISTS`, and the Butler's query errors.
 */
export async function buildQuantumGraph(options: BuildGraphOptions): Promise<QuantumGraph> {
  const { source, graph } = options;
  const searched = [options.outputRun, ...(options.skipExistingIn ?? [])];
  const building: Building = {
    ...options,
    reruns: new Map(),
    skeletonRows: new Map(),
    existing: await findExistingOutputs(source, [...graph.tasks.values()], searched),
    datasets: new Map(),
    prerequisites: new Map(),
    notes: [],
  };
  const skeletons = new Map<string, PartSkeleton>();
  for (const part of splitPipeline(graph, source.universe)) {
    const skeleton = await buildPart(source, part, options);
    for (const task of part.tasks) skeletons.set(task.label, skeleton);
    if (skeleton.rowCount === 0) building.notes.push(await explainEmpty(building, skeleton));
    await openDatasets(building, skeleton);
  }
  const { existing } = building;
  const { retainedDatasetTypes: retained } = options;
  if (retained) {
    const question = { graph, universe: source.universe, existing, skeletons, retained };
    for (const [label, again] of planReruns(question)) building.reruns.set(label, again);
  }
  const tasks: TaskQuanta[] = [];
  let first = 0;
  for (const node of graph.tasks.values()) {
    const task = await buildTask(building, node, skeletons.get(node.label)!, first);
    tasks.push(task);
    first += task.count;
  }
  for (const [name, table] of building.prerequisites)
    building.datasets.set(name, prerequisiteTable(name, table));
  return {
    pipelineGraph: graph,
    inputs: options.inputs,
    outputRun: options.outputRun,
    where: options.where ?? "",
    tasks,
    datasets: building.datasets,
    count: first,
    notes: building.notes,
  };
}

/** Number of quanta that will run, and that are skipped, per label. */
export function countQuanta(graph: QuantumGraph): { label: string; run: number; skipped: number }[] {
  return graph.tasks.map((task) => ({
    label: task.node.label,
    run: countStatus(task, QUANTUM_RUN),
    skipped: countStatus(task, QUANTUM_SKIPPED),
  }));
}
