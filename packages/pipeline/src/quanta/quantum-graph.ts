import type { DataId, DatasetRef } from "@almagest/butler";
import type { PipelineGraph } from "../graph/pipeline-graph.ts";
import type { Edge, TaskNode } from "../graph/task-node.ts";
import type { GraphIds } from "../qg/graph-ids.ts";
import type { Adjacency } from "./adjacency.ts";
import { type CodedRows, dataIdAt } from "./coded-rows.ts";

/** What becomes of one quantum. */
export const QUANTUM_RUN = 0;
/** It had succeeded before. */
export const QUANTUM_SKIPPED = 1;
/** It lacks inputs and was dropped. */
export const QUANTUM_PRUNED = 2;

/** The dataset is nowhere and will not be made. */
export const DATASET_ABSENT = 0;
/** It is in the repository. */
export const DATASET_STORED = 1;
/** A quantum of this graph makes it. */
export const DATASET_PREDICTED = 2;

/** All datasets of one type that the graph knows. */
export interface DatasetTable {
  readonly name: string;
  readonly count: number;
  /** Data ids; for prerequisites undefined, as every one of them has a reference. */
  readonly rows?: CodedRows;
  /** How many leading columns of `rows` are required dimensions. */
  readonly requiredCount: number;
  readonly state: Uint8Array;
  /** References of stored datasets. */
  readonly refs: readonly (DatasetRef | undefined)[];
  /** Quantum number (within the producing task) that makes each; −1 for none. */
  readonly producer: Int32Array;
}

/** The datasets of one connection: for each quantum, rows of the dataset table. */
export interface EdgeLinks {
  readonly edge: Edge;
  readonly links: Adjacency;
}

/** All quanta of one task. */
export interface TaskQuanta {
  readonly node: TaskNode;
  /** Number of this task's first quantum in the whole graph. */
  readonly first: number;
  readonly count: number;
  /** Data ids with implied values. */
  readonly rows: CodedRows;
  readonly requiredCount: number;
  readonly status: Uint8Array;
  readonly inputs: readonly EdgeLinks[];
  readonly prerequisites: readonly EdgeLinks[];
  readonly outputs: readonly EdgeLinks[];
  /** Datasets in the output run left by unfinished attempts of quanta that will run; to be purged first. */
  readonly leftovers: readonly DatasetRef[];
}

/** Every quantum of a pipeline on some data: columns of integers, no object per quantum. */
export interface QuantumGraph {
  readonly pipelineGraph: PipelineGraph;
  readonly inputs: readonly string[];
  readonly outputRun: string;
  readonly where: string;
  /** In running order. */
  readonly tasks: readonly TaskQuanta[];
  readonly datasets: ReadonlyMap<string, DatasetTable>;
  readonly count: number;
  /** What was dropped and why, for people. */
  readonly notes: readonly string[];
  /** The ids that quanta and outputs must get, when the graph was stored; otherwise each output gets a new one. */
  readonly ids?: GraphIds;
}

/** Data id of a quantum with implied values. */
export function quantumDataId(task: TaskQuanta, quantum: number): DataId {
  return dataIdAt(task.rows, quantum);
}

/** Data id of a dataset of a table, required dimensions only. */
export function datasetDataId(table: DatasetTable, row: number): DataId {
  return table.rows ? dataIdAt(table.rows, row, table.requiredCount) : table.refs[row]!.dataId;
}

/** How many quanta of a task have a status. */
export function countStatus(task: TaskQuanta, status: number): number {
  let count = 0;
  for (const value of task.status) if (value === status) count++;
  return count;
}
