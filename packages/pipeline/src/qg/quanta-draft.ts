import type { DataIdValue, DatasetRef, Universe } from "@almagest/butler";
import type { PipelineGraph } from "../graph/pipeline-graph.ts";
import type { Edge, TaskNode } from "../graph/task-node.ts";
import { packLists } from "../quanta/adjacency.ts";
import { dataIdAt, encodeRows } from "../quanta/coded-rows.ts";
import {
  DATASET_STORED,
  type DatasetTable,
  type EdgeLinks,
  type TaskQuanta,
} from "../quanta/quantum-graph.ts";
import { type DatasetModel, LOG_CONNECTION, METADATA_CONNECTION, type QuantumModel } from "./graph-models.ts";
import type { GraphFile } from "./open-graph-file.ts";
import { invalidFile } from "./stored-zip.ts";

/** Quanta of a stored graph as columns, before it is known what has been done; all datasets count as stored. */
export interface QuantaDraft {
  readonly tasks: readonly TaskQuanta[];
  readonly datasets: ReadonlyMap<string, DatasetTable>;
  /** Ids by label and number of the quantum. */
  readonly quantumIds: ReadonlyMap<string, readonly string[]>;
  readonly metadataIds: ReadonlyMap<string, readonly string[]>;
  readonly logIds: ReadonlyMap<string, readonly string[]>;
  /** Ids by dataset type and row. */
  readonly datasetIds: ReadonlyMap<string, readonly string[]>;
  dimensionsOf(label: string): readonly string[];
}

interface TypeDraft {
  readonly rowOf: Map<string, number>;
  readonly ids: string[];
  readonly values: (readonly DataIdValue[])[];
  readonly runs: string[];
}

interface TaskDraft {
  readonly quantumIds: string[];
  readonly metadataIds: string[];
  readonly logIds: string[];
  readonly values: (readonly DataIdValue[])[];
  /** Rows of datasets by connection, for each quantum. */
  readonly rows: Map<string, number[][]>;
}

/** Which quanta are read, and who else is told of them. */
export interface CollectOptions {
  /** All unless told. */
  readonly quantumIds?: readonly string[];
  readonly onQuantum?: (quantum: QuantumModel) => void;
}

/** Reads quanta of a file into columns. Throws `PIPELINE.QG_INVALID` when they do not fit the pipeline. */
export async function collectQuanta(
  file: GraphFile,
  graph: PipelineGraph,
  universe: Universe,
  { quantumIds, onQuantum }: CollectOptions = {},
): Promise<QuantaDraft> {
  const types = new Map<string, TypeDraft>(
    [...graph.datasetTypes.values()]
      .flatMap(({ name, isInit }) => (isInit ? [] : [name]))
      .map((name) => [name, { rowOf: new Map(), ids: [], values: [], runs: [] }]),
  );
  const tasks = new Map<string, TaskDraft>();
  for (const node of graph.tasks.values()) {
    const rows = new Map(edgesOf(node).map(({ connection }) => [connection, [] as number[][]]));
    tasks.set(node.label, { quantumIds: [], metadataIds: [], logIds: [], values: [], rows });
  }
  for await (const model of file.readQuanta(quantumIds)) {
    addQuantum(file.path, tasks, types, graph, model);
    onQuantum?.(model);
  }
  let first = 0;
  const finished = [...graph.tasks.values()].map((node) => {
    const task = finishTask(node, tasks.get(node.label)!, universe, first);
    first += task.count;
    return task;
  });
  return {
    tasks: finished,
    datasets: new Map([...types].map(([name, draft]) => [name, finishTable(name, draft, graph, universe)])),
    quantumIds: new Map([...tasks].map(([label, task]) => [label, task.quantumIds])),
    metadataIds: new Map([...tasks].map(([label, task]) => [label, task.metadataIds])),
    logIds: new Map([...tasks].map(([label, task]) => [label, task.logIds])),
    datasetIds: new Map([...types].map(([name, { ids }]) => [name, ids])),
    dimensionsOf: (label) => graph.tasks.get(label)?.dimensions ?? [],
  };
}

const edgesOf = (node: TaskNode): Edge[] => [...node.inputs, ...node.prerequisites, ...node.outputs];

function addQuantum(
  path: string,
  tasks: ReadonlyMap<string, TaskDraft>,
  types: ReadonlyMap<string, TypeDraft>,
  graph: PipelineGraph,
  model: QuantumModel,
): void {
  const task = tasks.get(model.task_label);
  const node = graph.tasks.get(model.task_label);
  const metadata = model.outputs[METADATA_CONNECTION]?.[0];
  const log = model.outputs[LOG_CONNECTION]?.[0];
  if (!task || !node || !metadata || !log) {
    throw invalidFile(path, `quantum ${model.quantum_id} has no task, metadata or log`);
  }
  task.quantumIds.push(model.quantum_id);
  task.metadataIds.push(metadata.dataset_id);
  task.logIds.push(log.dataset_id);
  task.values.push(model.data_coordinate);
  for (const { connection, datasetType, kind } of edgesOf(node)) {
    const datasets = (kind === "output" ? model.outputs : model.inputs)[connection] ?? [];
    if (datasets.some((each) => each.dataset_type_name !== datasetType)) {
      throw invalidFile(path, `connection ${connection} of ${model.task_label} is not of '${datasetType}'`);
    }
    const type = types.get(datasetType)!;
    task.rows.get(connection)!.push(datasets.map((each) => rowOf(type, each)));
  }
}

function rowOf(type: TypeDraft, { dataset_id, data_coordinate, run }: DatasetModel): number {
  let row = type.rowOf.get(dataset_id);
  if (row === undefined) {
    row = type.ids.push(dataset_id) - 1;
    type.rowOf.set(dataset_id, row);
    type.values.push(data_coordinate);
    type.runs.push(run);
  }
  return row;
}

function finishTask(node: TaskNode, draft: TaskDraft, universe: Universe, first: number): TaskQuanta {
  const group = universe.completeGroup(node.dimensions);
  const linksOf = (edges: readonly Edge[]): EdgeLinks[] =>
    edges.map((edge) => ({ edge, links: packLists(draft.rows.get(edge.connection)!) }));
  return {
    node,
    first,
    count: draft.values.length,
    rows: encodeRows([...group.required, ...group.implied], draft.values),
    requiredCount: group.required.length,
    status: new Uint8Array(draft.values.length),
    inputs: linksOf(node.inputs),
    prerequisites: linksOf(node.prerequisites),
    outputs: linksOf(node.outputs),
    leftovers: [],
  };
}

function finishTable(name: string, draft: TypeDraft, graph: PipelineGraph, universe: Universe): DatasetTable {
  const { datasetType } = graph.datasetTypes.get(name)!;
  const group = universe.completeGroup(datasetType.dimensions);
  const rows = encodeRows([...group.required, ...group.implied], draft.values);
  const count = draft.ids.length;
  const requiredCount = group.required.length;
  const refs: DatasetRef[] = draft.ids.map((id, row) => ({
    id,
    datasetType,
    dataId: dataIdAt(rows, row, requiredCount),
    run: draft.runs[row]!,
  }));
  const state = new Uint8Array(count).fill(DATASET_STORED);
  return { name, count, rows, requiredCount, state, refs, producer: new Int32Array(count).fill(-1) };
}
