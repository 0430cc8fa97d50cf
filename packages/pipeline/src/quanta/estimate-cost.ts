import type { Butler } from "@almagest/butler";
import { metadataTypeName } from "../run/implicit-types.ts";
import type { TaskMetadata } from "../run/task-metadata.ts";
import { countOf } from "./adjacency.ts";
import {
  countStatus,
  QUANTUM_PRUNED,
  QUANTUM_RUN,
  QUANTUM_SKIPPED,
  type QuantumGraph,
  type TaskQuanta,
} from "./quantum-graph.ts";

/** What one task's part of a graph would cost, by the measures of its earlier quanta in the repository. */
export interface LabelCost {
  readonly label: string;
  readonly toRun: number;
  readonly skipped: number;
  readonly dropped: number;
  /** Datasets that it would write, without metadata and logs. */
  readonly outputs: number;
  /** Mean over the sample; undefined when the task has never run here. */
  readonly secondsEach?: number;
  /** Largest of the sample. */
  readonly peakMemoryMb?: number;
  readonly coreHours?: number;
  /** How many earlier quanta were looked at. */
  readonly sample: number;
}

/** Earlier quanta looked at per task. */
const SAMPLE = 50;

/** Counts a graph's quanta and estimates their cost from a sample of the metadata that earlier quanta left. */
export async function estimateCost(
  butler: Pick<Butler, "queryDatasetTypes" | "queryDatasets" | "get">,
  graph: QuantumGraph,
): Promise<LabelCost[]> {
  const registered = new Set((await butler.queryDatasetTypes("*_metadata")).map(({ name }) => name));
  const costs: LabelCost[] = [];
  for (const task of graph.tasks) {
    const counted = countTask(task);
    const name = metadataTypeName(task.node.label);
    const measured = registered.has(name) ? await measureTask(butler, name) : undefined;
    costs.push({ ...counted, sample: 0, ...measured, ...coreHours(counted.toRun, measured?.secondsEach) });
  }
  return costs;
}

function coreHours(toRun: number, secondsEach: number | undefined): { coreHours?: number } {
  if (toRun === 0) return { coreHours: 0 };
  return secondsEach === undefined ? {} : { coreHours: (toRun * secondsEach) / 3600 };
}

function countTask(task: TaskQuanta): Pick<LabelCost, "label" | "toRun" | "skipped" | "dropped" | "outputs"> {
  let outputs = 0;
  for (const { links } of task.outputs) {
    for (let q = 0; q < task.count; q++) if (task.status[q] === QUANTUM_RUN) outputs += countOf(links, q);
  }
  return {
    label: task.node.label,
    toRun: countStatus(task, QUANTUM_RUN),
    skipped: countStatus(task, QUANTUM_SKIPPED),
    dropped: countStatus(task, QUANTUM_PRUNED),
    outputs,
  };
}

/** What earlier quanta of a task took. */
export interface TaskMeasure {
  /** Mean over the sample. */
  readonly secondsEach: number;
  /** Largest of the sample. */
  readonly peakMemoryMb: number;
  /** How many were looked at. */
  readonly sample: number;
}

/** Measures a task by the metadata that a sample of its earlier quanta left anywhere in the repository. */
export async function measureTask(
  butler: Pick<Butler, "queryDatasets" | "get">,
  metadataType: string,
): Promise<TaskMeasure | undefined> {
  const refs = await butler.queryDatasets(metadataType, {
    collections: "*",
    findFirst: false,
    limit: SAMPLE,
  });
  let seconds = 0;
  let peak = 0;
  let sample = 0;
  for (const ref of refs) {
    const quantum = ((await butler.get(ref)) as TaskMetadata).metadata.quantum;
    const elapsed = quantum?.scalars.elapsedSec;
    if (typeof elapsed !== "number") continue;
    sample++;
    seconds += elapsed;
    peak = Math.max(peak, Number(quantum?.arrays.endMaxResidentSetSize?.[0] ?? 0));
  }
  if (sample === 0) return undefined;
  return { secondsEach: seconds / sample, peakMemoryMb: peak / 2 ** 20, sample };
}
