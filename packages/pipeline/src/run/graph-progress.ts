import { type Adjacency, countOf, itemsOf } from "../quanta/adjacency.ts";
import {
  DATASET_PREDICTED,
  DATASET_STORED,
  type DatasetTable,
  type EdgeLinks,
  QUANTUM_RUN,
  type QuantumGraph,
  type TaskQuanta,
} from "../quanta/quantum-graph.ts";

/** Phases of a quantum that is to run. */
export const PHASE_WAITING = 0;
export const PHASE_READY = 1;
export const PHASE_RUNNING = 2;
export const PHASE_SUCCEEDED = 3;
export const PHASE_FAILED = 4;
export const PHASE_BLOCKED = 5;
/** Not this run's business: skipped or dropped. */
export const PHASE_NONE = 6;

/** Which quanta are ready, which wait for what: the pure state of an execution, without I/O. */
export interface GraphProgress {
  readonly graph: QuantumGraph;
  /** Phase of each quantum by its number in the graph. */
  readonly phase: Uint8Array;
  /** By dataset type: 1 where the dataset is there for its readers. */
  readonly available: ReadonlyMap<string, Uint8Array>;
  /** Quanta neither succeeded, failed nor blocked. */
  remaining(): number;
  /** Takes the next ready quantum: the task with the longest way ahead first, then by data id. */
  takeReady(): number | undefined;
  /** Gives a taken quantum back, to be tried again. */
  putBack(quantum: number): void;
  /** Records success; `isWritten` says of an output connection's datasets, by position, which came to be. Readers become
   * ready. */
  succeed(quantum: number, isWritten: (edge: EdgeLinks["edge"], index: number) => boolean): void;
  /** Records failure; gives all quanta that thereby cannot run. */
  fail(quantum: number): number[];
  taskOf(quantum: number): TaskQuanta;
}

/** Starts the bookkeeping of a graph's execution. */
export function createGraphProgress(graph: QuantumGraph): GraphProgress {
  const phase = new Uint8Array(graph.count).fill(PHASE_NONE);
  const waiting = new Int32Array(graph.count);
  const available = new Map<string, Uint8Array>();
  for (const [name, table] of graph.datasets) {
    available.set(
      name,
      table.state.map((state) => (state === DATASET_STORED ? 1 : 0)),
    );
  }
  const taskOf = (quantum: number): TaskQuanta => {
    let low = 0;
    let high = graph.tasks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (graph.tasks[middle]!.first <= quantum) low = middle;
      else high = middle - 1;
    }
    return graph.tasks[low]!;
  };
  const readers = new Map<string, Adjacency>();
  for (const table of graph.datasets.values()) readers.set(table.name, readersOf(graph, table, waiting));

  const queues = graph.tasks.map(() => ({ items: [] as number[], head: 0 }));
  const byUrgency = rankTasks(graph);
  let remaining = 0;
  for (const [index, task] of graph.tasks.entries()) {
    for (let q = 0; q < task.count; q++) {
      if (task.status[q] !== QUANTUM_RUN) continue;
      remaining++;
      const quantum = task.first + q;
      phase[quantum] = waiting[quantum] === 0 ? PHASE_READY : PHASE_WAITING;
      if (waiting[quantum] === 0) queues[index]!.items.push(quantum);
    }
  }
  const enqueue = (quantum: number): void => {
    phase[quantum] = PHASE_READY;
    queues[graph.tasks.indexOf(taskOf(quantum))]!.items.push(quantum);
  };
  const forOutputs = (
    quantum: number,
    visit: (edge: EdgeLinks["edge"], row: number, index: number) => void,
  ): void => {
    const task = taskOf(quantum);
    for (const { edge, links } of task.outputs) {
      const rows = itemsOf(links, quantum - task.first);
      for (let i = 0; i < rows.length; i++) visit(edge, rows[i]!, i);
    }
  };
  const block = (quantum: number, blocked: number[]): void => {
    forOutputs(quantum, ({ datasetType }, row) => {
      for (const reader of itemsOf(readers.get(datasetType)!, row)) {
        if (phase[reader] !== PHASE_WAITING) continue;
        phase[reader] = PHASE_BLOCKED;
        remaining--;
        blocked.push(reader);
        block(reader, blocked);
      }
    });
  };
  return {
    graph,
    phase,
    available,
    taskOf,
    remaining: () => remaining,
    takeReady() {
      for (const index of byUrgency) {
        const queue = queues[index]!;
        if (queue.head >= queue.items.length) continue;
        const quantum = queue.items[queue.head++]!;
        phase[quantum] = PHASE_RUNNING;
        return quantum;
      }
      return undefined;
    },
    putBack: enqueue,
    succeed(quantum, isWritten) {
      phase[quantum] = PHASE_SUCCEEDED;
      remaining--;
      forOutputs(quantum, (edge, row, index) => {
        const { datasetType } = edge;
        if (isWritten(edge, index)) available.get(datasetType)![row] = 1;
        for (const reader of itemsOf(readers.get(datasetType)!, row)) {
          if (--waiting[reader]! === 0 && phase[reader] === PHASE_WAITING) enqueue(reader);
        }
      });
    },
    fail(quantum) {
      phase[quantum] = PHASE_FAILED;
      remaining--;
      const blocked: number[] = [];
      block(quantum, blocked);
      return blocked;
    },
  };
}

/** For each predicted dataset, the quanta that read it; counts in `waiting` how many each of them waits for. */
function readersOf(graph: QuantumGraph, table: DatasetTable, waiting: Int32Array): Adjacency {
  const offsets = new Uint32Array(table.count + 1);
  const visit = (each: (row: number, quantum: number) => void): void => {
    for (const task of graph.tasks) {
      for (const { edge, links } of task.inputs) {
        if (edge.datasetType !== table.name) continue;
        for (let q = 0; q < task.count; q++) {
          if (task.status[q] !== QUANTUM_RUN || countOf(links, q) === 0) continue;
          for (const row of itemsOf(links, q)) {
            if (table.state[row] === DATASET_PREDICTED) each(row, task.first + q);
          }
        }
      }
    }
  };
  visit((row) => {
    offsets[row + 1]!++;
  });
  for (let row = 0; row < table.count; row++) offsets[row + 1]! += offsets[row]!;
  const items = new Uint32Array(offsets[table.count]!);
  const next = offsets.slice();
  visit((row, quantum) => {
    items[next[row]!++] = quantum;
    waiting[quantum]!++;
  });
  return { offsets, items };
}

/** Task positions, those with the longest chain of tasks behind them first. */
function rankTasks(graph: QuantumGraph): number[] {
  const { datasetTypes } = graph.pipelineGraph;
  const depth = new Map<string, number>();
  for (const { node } of [...graph.tasks].reverse()) {
    const after = node.outputs.flatMap((edge) => datasetTypes.get(edge.datasetType)?.consumers ?? []);
    depth.set(node.label, 1 + Math.max(0, ...after.map((label) => depth.get(label) ?? 0)));
  }
  const labels = graph.tasks.map(({ node }) => node.label);
  return labels
    .map((_, index) => index)
    .sort((a, b) => depth.get(labels[b]!)! - depth.get(labels[a]!)! || a - b);
}
