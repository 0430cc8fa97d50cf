import type { DataId, Universe } from "@almagest/butler";
import type { GraphFile, PipelineGraphModel, ThinGraph } from "@almagest/pipeline";

/** One task of a quantum graph as clustering sees it. */
export interface NodeTask {
  readonly label: string;
  /** Number of its first quantum; its quanta follow each other. */
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
  /** Its id in the graph file. */
  id(quantum: number): string;
  /** Data id with implied values. */
  dataId(quantum: number): DataId;
  taskOf(quantum: number): NodeTask;
  /** Quanta that make what this one reads, ascending. */
  parents(quantum: number): Uint32Array;
}

/** The quanta of a stored graph, by its thin part alone: ids, data ids and edges. */
export async function readQuantumNodes(file: GraphFile, universe: Universe): Promise<QuantumNodes> {
  const [pipeline, thin] = await Promise.all([file.readPipeline(), file.readThinGraph()]);
  return createQuantumNodes(pipeline, thin, universe);
}

/** The same of documents already read. */
export function createQuantumNodes(
  pipeline: PipelineGraphModel,
  thin: ThinGraph,
  universe: Universe,
): QuantumNodes {
  const parentsOf = parentLabels(pipeline);
  const tasks: NodeTask[] = [];
  const names: (readonly string[])[] = [];
  const numberOf = new Map<string, number>();
  const quanta: ThinGraph["quanta"][string][number][] = [];
  for (const label of inRunningOrder(parentsOf)) {
    const own = thin.quanta[label] ?? [];
    const group = universe.completeGroup(pipeline.tasks[label]!.dimensions);
    const first = quanta.length;
    for (const quantum of own) {
      numberOf.set(quantum.quantum_id, quanta.length);
      quanta.push(quantum);
    }
    const parents = parentsOf.get(label)!;
    tasks.push({ label, first, count: own.length, required: group.required, parents });
    names.push([...group.required, ...group.implied]);
  }
  const parents = packEdges(quanta.length, thin.edges, numberOf);
  const indexOf = (quantum: number): number => tasks.findIndex(({ first, count }) => quantum < first + count);
  return {
    count: quanta.length,
    tasks,
    id: (quantum) => quanta[quantum]!.quantum_id,
    taskOf: (quantum) => tasks[indexOf(quantum)]!,
    dataId(quantum) {
      const { data_coordinate } = quanta[quantum]!;
      return Object.fromEntries(names[indexOf(quantum)]!.map((name, i) => [name, data_coordinate[i]!]));
    },
    parents,
  };
}

function parentLabels({ tasks }: PipelineGraphModel): Map<string, string[]> {
  const producer = new Map<string, string>();
  for (const [label, { outputs }] of Object.entries(tasks)) {
    for (const { dataset_type_name } of Object.values(outputs)) producer.set(dataset_type_name, label);
  }
  return new Map(
    Object.entries(tasks).map(([label, { inputs }]) => {
      const makers = Object.values(inputs).flatMap(
        ({ dataset_type_name }) => producer.get(dataset_type_name.split(".")[0]!) ?? [],
      );
      return [label, [...new Set(makers)]];
    }),
  );
}

/** Labels with every parent before its children, else as they are listed. */
function inRunningOrder(parentsOf: ReadonlyMap<string, readonly string[]>): string[] {
  const order = new Set<string>();
  const visit = (label: string): void => {
    if (order.has(label)) return;
    for (const parent of parentsOf.get(label) ?? []) visit(parent);
    order.add(label);
  };
  for (const label of parentsOf.keys()) visit(label);
  return [...order];
}

function packEdges(
  count: number,
  edges: ThinGraph["edges"],
  numberOf: ReadonlyMap<string, number>,
): (quantum: number) => Uint32Array {
  const offsets = new Uint32Array(count + 2);
  const numbers = new Int32Array(2 * edges.length);
  for (const [i, [before, after]] of edges.entries()) {
    // Edges from quanta that the file does not hold come from what is done: its outputs are there.
    const [from, to] = [numberOf.get(before) ?? -1, numberOf.get(after) ?? -1];
    numbers[2 * i] = from;
    numbers[2 * i + 1] = to;
    if (from >= 0 && to >= 0) offsets[to + 2]!++;
  }
  for (let q = 2; q < offsets.length; q++) offsets[q]! += offsets[q - 1]!;
  const items = new Uint32Array(offsets[count + 1]!);
  for (let i = 0; i < numbers.length; i += 2) {
    const [from, to] = [numbers[i]!, numbers[i + 1]!];
    if (from >= 0 && to >= 0) items[offsets[to + 1]!++] = from;
  }
  for (let q = 0; q < count; q++) items.subarray(offsets[q], offsets[q + 1]).sort();
  return (quantum) => items.subarray(offsets[quantum], offsets[quantum + 1]);
}
