import type { DataId, DatasetRef, DatasetType, LocatedDataset } from "@almagest/butler";
import { itemsOf } from "../quanta/adjacency.ts";
import {
  type DatasetTable,
  datasetDataId,
  type EdgeLinks,
  quantumDataId,
  type TaskQuanta,
} from "../quanta/quantum-graph.ts";
import type { GraphProgress } from "./graph-progress.ts";
import { implicitTypes } from "./implicit-types.ts";
import type { QuantumJob } from "./quantum-job.ts";
import type { RunButler } from "./run-butler.ts";

/** What planning asks of a Butler. */
type PlanningButler = Pick<RunButler, "locate" | "makeRefs" | "planOutputs">;

/** Turns quanta into jobs: references and paths for outputs, places of inputs. Works on many at once, since each call to
 * the Butler has a price. */
export interface JobMaker {
  make(quanta: readonly number[], attemptOf: (quantum: number) => number): Promise<QuantumJob[]>;
  /** Remembers where an output was written, for its readers. */
  remember(job: QuantumJob, positions: readonly number[]): void;
}

interface Draft {
  readonly quantum: number;
  readonly task: TaskQuanta;
  readonly inputs: Map<string, number[]>;
  readonly outputs: Map<string, number[]>;
  readonly noWork: string | undefined;
  readonly inputsMissing: boolean;
}

/** Creates the job maker of one execution. */
export function createJobMaker(butler: PlanningButler, progress: GraphProgress): JobMaker {
  const places = new Map<string, (LocatedDataset | undefined)[]>();
  for (const [name, table] of progress.graph.datasets) places.set(name, new Array(table.count));
  return {
    async make(quanta, attemptOf) {
      const drafts = quanta.map((quantum) => draft(progress, quantum));
      await locateInputs(butler, progress, places, drafts);
      const located = await planOutputs(butler, progress, drafts);
      let at = 0;
      return drafts.map((each) => {
        const count = outputCount(each);
        const outputs = located.slice(at, at + count);
        at += count;
        return finishJob(places, each, outputs, attemptOf(each.quantum));
      });
    },
    remember(job, positions) {
      const task = progress.taskOf(job.quantum);
      for (const { edge, links } of task.outputs) {
        const list = places.get(edge.datasetType)!;
        const rows = itemsOf(links, job.quantum - task.first);
        for (const [i, position] of (job.outputsOf[edge.connection] ?? []).entries()) {
          if (positions.includes(position)) list[rows[i]!] = job.outputs[position];
        }
      }
    },
  };
}

const outputCount = (each: Draft): number =>
  [...each.outputs.values()].reduce((sum, rows) => sum + rows.length, 2);

function draft(progress: GraphProgress, quantum: number): Draft {
  const task = progress.taskOf(quantum);
  const local = quantum - task.first;
  const inputs = new Map<string, number[]>();
  let noWork: string | undefined;
  let inputsMissing = false;
  for (const { edge, links } of [...task.inputs, ...task.prerequisites]) {
    const available = progress.available.get(edge.datasetType)!;
    const wanted = itemsOf(links, local);
    const rows = [...wanted].filter((row) => available[row] === 1);
    inputs.set(edge.connection, rows);
    if (rows.length === wanted.length) continue;
    inputsMissing = true;
    if (rows.length < edge.minimum) {
      noWork = `${rows.length} of at least ${edge.minimum} '${edge.datasetType}' came to be`;
    }
  }
  const outputs = new Map(
    task.outputs.map(({ edge, links }) => [edge.connection, [...itemsOf(links, local)]]),
  );
  return { quantum, task, inputs, outputs, noWork, inputsMissing };
}

const inputEdges = (task: TaskQuanta): readonly EdgeLinks[] => [...task.inputs, ...task.prerequisites];

/** Finds the files of stored inputs that no earlier job has asked for. */
async function locateInputs(
  butler: PlanningButler,
  progress: GraphProgress,
  places: ReadonlyMap<string, (LocatedDataset | undefined)[]>,
  drafts: readonly Draft[],
): Promise<void> {
  const refs: DatasetRef[] = [];
  const targets: [list: (LocatedDataset | undefined)[], row: number][] = [];
  const asked = new Set<string>();
  for (const each of drafts) {
    for (const { edge } of inputEdges(each.task)) {
      const list = places.get(edge.datasetType)!;
      const table = progress.graph.datasets.get(edge.datasetType)!;
      for (const row of each.inputs.get(edge.connection)!) {
        const ref = list[row] === undefined ? table.refs[row] : undefined;
        if (!ref || asked.has(ref.id)) continue;
        asked.add(ref.id);
        refs.push(ref);
        targets.push([list, row]);
      }
    }
  }
  if (refs.length === 0) return;
  const located = await butler.locate(refs);
  for (const [i, [list, row]] of targets.entries()) list[row] = located[i];
}

const typesOf = new WeakMap<TaskQuanta["node"], ReturnType<typeof implicitTypes>>();
const requiredOf = new WeakMap<TaskQuanta, readonly string[]>();

/** Names of the dimensions that identify a task's quanta: one list for all of them. */
function requiredNames(task: TaskQuanta): readonly string[] {
  const known = requiredOf.get(task);
  if (known !== undefined) return known;
  const names = task.rows.codes.slice(0, task.requiredCount).map(({ dimension }) => dimension);
  requiredOf.set(task, names);
  return names;
}

async function planOutputs(
  butler: PlanningButler,
  progress: GraphProgress,
  drafts: readonly Draft[],
): Promise<LocatedDataset[]> {
  const requests: { datasetType: DatasetType; dataId: DataId }[] = [];
  const { ids, pipelineGraph } = progress.graph;
  const { datasetTypes } = pipelineGraph;
  const chosen: string[] = [];
  for (const { task, quantum, outputs } of drafts) {
    for (const { edge } of task.outputs) {
      const table = progress.graph.datasets.get(edge.datasetType)!;
      const { datasetType } = datasetTypes.get(edge.datasetType)!;
      for (const row of outputs.get(edge.connection)!) {
        requests.push({ datasetType, dataId: datasetDataId(table as DatasetTable, row) });
        if (ids) chosen.push(ids.dataset(edge.datasetType, row));
      }
    }
    const dataId = quantumDataId(task, quantum - task.first);
    // The same objects for all quanta of a task: a message to a worker then holds each but once.
    const types = typesOf.get(task.node) ?? implicitTypes(task.node.label, task.node.dimensions);
    typesOf.set(task.node, types);
    const { metadata, log } = types;
    requests.push({ datasetType: metadata, dataId }, { datasetType: log, dataId });
    if (ids) {
      const { label } = task.node;
      chosen.push(ids.metadata(label, quantum - task.first), ids.log(label, quantum - task.first));
    }
  }
  const refs = butler.makeRefs(requests, progress.graph.outputRun);
  return butler.planOutputs(ids ? refs.map((ref, i) => ({ ...ref, id: chosen[i]! })) : refs);
}

function finishJob(
  places: ReadonlyMap<string, (LocatedDataset | undefined)[]>,
  each: Draft,
  outputs: readonly LocatedDataset[],
  attempt: number,
): QuantumJob {
  const { quantum, task } = each;
  const inputs: LocatedDataset[] = [];
  const inputsOf: Record<string, number[]> = {};
  let lost: string | undefined;
  for (const { edge } of inputEdges(task)) {
    const positions: number[] = [];
    for (const row of each.inputs.get(edge.connection)!) {
      const located = places.get(edge.datasetType)![row];
      if (located) positions.push(inputs.push(located) - 1);
    }
    inputsOf[edge.connection] = positions;
    if (positions.length < edge.minimum) lost = `no file of '${edge.datasetType}' is stored`;
  }
  let at = 0;
  const outputsOf: Record<string, number[]> = {};
  for (const { edge } of task.outputs) {
    outputsOf[edge.connection] = each.outputs.get(edge.connection)!.map(() => at++);
  }
  const noWork = each.noWork ?? lost;
  return {
    quantum,
    label: task.node.label,
    attempt,
    dataId: quantumDataId(task, quantum - task.first),
    required: requiredNames(task),
    inputs,
    records: outputs[at]?.records ?? {},
    outputs: outputs.map(({ records: _records, ...located }) => located),
    inputsOf,
    outputsOf,
    metadata: at,
    log: at + 1,
    inputsMissing: each.inputsMissing,
    ...(noWork === undefined ? {} : { noWork }),
  };
}
