import type { DataId } from "@almagest/butler";
import type { QuantumGraph } from "@almagest/pipeline";

/** Status of a quantum that is to run, in the columns of a quantum graph. */
const TO_RUN = 0;

/** One task of a quantum graph as clustering sees it. */
export interface NodeTask {
  readonly label: string;
  /** Number of its first quantum to run; its quanta follow each other. */
  readonly first: number;
  readonly count: number;
  /** The dimensions that identify a quantum. */
  readonly required: readonly string[];
  /** Labels of the tasks whose outputs it reads. */
  readonly parents: readonly string[];
}

/** The quanta that are to run, numbered from 0 in running order, and who waits for whom. */
export interface QuantumNodes {
  readonly count: number;
  readonly tasks: readonly NodeTask[];
  /** Data id with implied values. */
  dataId(quantum: number): DataId;
  taskOf(quantum: number): NodeTask;
  /** Quanta that make what this one reads, ascending. */
  parents(quantum: number): Uint32Array;
}

/** The quanta of a graph that are to run. What is done already is no parent: its outputs are there. */
export function createQuantumNodes(graph: QuantumGraph): QuantumNodes {
  const tasks: NodeTask[] = [];
  const numberOf = new Map<string, Int32Array>();
  const local: number[] = [];
  let count = 0;
  for (const task of graph.tasks) {
    const numbers = new Int32Array(task.count).fill(-1);
    const first = count;
    for (let i = 0; i < task.count; i++) {
      if (task.status[i] !== TO_RUN) continue;
      numbers[i] = count++;
      local.push(i);
    }
    numberOf.set(task.node.label, numbers);
    const producers = task.inputs.flatMap(({ edge }) => producerOf(graph, edge.datasetType) ?? []);
    tasks.push({
      label: task.node.label,
      first,
      count: count - first,
      required: task.rows.codes.slice(0, task.requiredCount).map(({ dimension }) => dimension),
      parents: [...new Set(producers)],
    });
  }
  const offsets = new Uint32Array(count + 1);
  const items: number[] = [];
  for (const [index, task] of graph.tasks.entries()) {
    const node = tasks[index]!;
    for (let quantum = node.first; quantum < node.first + node.count; quantum++) {
      const found = new Set<number>();
      for (const { edge, links } of task.inputs) {
        const producer = producerOf(graph, edge.datasetType);
        const numbers = producer === undefined ? undefined : numberOf.get(producer);
        if (numbers === undefined) continue;
        const made = graph.datasets.get(edge.datasetType)!.producer;
        for (let i = links.offsets[local[quantum]!]!; i < links.offsets[local[quantum]! + 1]!; i++) {
          const by = made[links.items[i]!]!;
          if (by >= 0 && numbers[by]! >= 0) found.add(numbers[by]!);
        }
      }
      for (const parent of [...found].sort((a, b) => a - b)) items.push(parent);
      offsets[quantum + 1] = items.length;
    }
  }
  const parents = Uint32Array.from(items);
  const taskIndexOf = (quantum: number): number =>
    tasks.findIndex(({ first, count: size }) => quantum < first + size);
  return {
    count,
    tasks,
    taskOf: (quantum) => tasks[taskIndexOf(quantum)]!,
    dataId(quantum) {
      const { rows } = graph.tasks[taskIndexOf(quantum)]!;
      const row = local[quantum]!;
      return Object.fromEntries(
        rows.codes.map(({ dimension, values }, c) => [dimension, values[rows.columns[c]![row]!]!]),
      );
    },
    parents: (quantum) => parents.subarray(offsets[quantum], offsets[quantum + 1]),
  };
}

function producerOf(graph: QuantumGraph, datasetType: string): string | undefined {
  return graph.pipelineGraph.datasetTypes.get(datasetType)?.producer;
}
