import { type Clock, formatUuid, parseUuid, systemClock, uuid7 } from "@almagest/base";
import type { QuantumGraph } from "../quanta/quantum-graph.ts";

/** The ids of a graph's quanta and of the datasets that they will make. */
export interface GraphIds {
  /** Numbers are those of the quantum within its task. */
  quantum(label: string, quantum: number): string;
  metadata(label: string, quantum: number): string;
  log(label: string, quantum: number): string;
  dataset(datasetType: string, row: number): string;
  config(label: string): string;
  init(label: string): string;
  /** Of an init output, by dataset type. */
  initOutput(datasetType: string): string;
  readonly packages: string;
}

/** Ids for a new graph: one time-ordered UUID whose last four bytes count, so that a million ids take no memory. */
export function createGraphIds(graph: QuantumGraph, clock: Clock = systemClock): GraphIds {
  const block = parseUuid(uuid7(clock));
  const view = new DataView(block.buffer, block.byteOffset);
  const number = (n: number): string => {
    view.setUint32(12, n);
    return formatUuid(block);
  };
  const labels = [...graph.pipelineGraph.tasks.keys()];
  const first = new Map(graph.tasks.map((task) => [task.node.label, task.first]));
  let next = 3 * graph.count;
  const rows = new Map<string, number>();
  for (const [name, table] of graph.datasets) {
    rows.set(name, next);
    next += table.count;
  }
  const globals = next;
  const initTypes = [...graph.pipelineGraph.datasetTypes.values()].flatMap(({ name, isInit }) =>
    isInit ? [name] : [],
  );
  return {
    initOutput: (datasetType) => number(globals + 2 + 2 * labels.length + initTypes.indexOf(datasetType)),
    quantum: (label, quantum) => number(first.get(label)! + quantum),
    metadata: (label, quantum) => number(graph.count + first.get(label)! + quantum),
    log: (label, quantum) => number(2 * graph.count + first.get(label)! + quantum),
    dataset: (datasetType, row) => number(rows.get(datasetType)! + row),
    config: (label) => number(globals + 2 + 2 * labels.indexOf(label)),
    init: (label) => number(globals + (label === "" ? 1 : 3 + 2 * labels.indexOf(label))),
    packages: number(globals),
  };
}
