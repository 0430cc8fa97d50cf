import type { DataIdValue } from "@almagest/butler";
import { itemsOf } from "../quanta/adjacency.ts";
import type { CodedRows } from "../quanta/coded-rows.ts";
import {
  DATASET_PREDICTED,
  QUANTUM_RUN,
  type QuantumGraph,
  type TaskQuanta,
} from "../quanta/quantum-graph.ts";
import type { GraphIds } from "./graph-ids.ts";

/** Numbers of the quanta of a task that are to run, beginning with one. */
export function* quantaToRun(task: TaskQuanta, first = 0): Generator<number> {
  for (let q = first; q < task.count; q++) if (task.status[q] === QUANTUM_RUN) yield q;
}

/** Values of a data id, required dimensions first, then implied. */
export function coordinateAt(rows: CodedRows, row: number): DataIdValue[] {
  return rows.codes.map(({ values }, i) => values[rows.columns[i]![row]!]!);
}

/** The thin graph as JSON: all quanta that are to run, and which follows which. In pieces, as for millions of quanta the whole is longer than a string may be. */
export function formatThinGraph(graph: QuantumGraph, ids: GraphIds): Buffer {
  const pieces: Buffer[] = [];
  let lines: string[] = [];
  const push = (text: string): void => {
    lines.push(text);
    if (lines.length < 10_000) return;
    pieces.push(Buffer.from(lines.join("")));
    lines = [];
  };
  push('{"quanta":{');
  for (const [index, task] of graph.tasks.entries()) {
    const { label } = task.node;
    push(`${index > 0 ? "," : ""}${JSON.stringify(label)}:[`);
    let comma = "";
    for (const q of quantaToRun(task)) {
      const coordinate = JSON.stringify(coordinateAt(task.rows, q));
      push(`${comma}{"quantum_id":"${ids.quantum(label, q)}","data_coordinate":${coordinate}}`);
      comma = ",";
    }
    push("]");
  }
  push('},"edges":[');
  let comma = "";
  for (const task of graph.tasks) {
    for (const q of quantaToRun(task)) {
      for (const before of predecessorsOf(graph, task, q)) {
        push(`${comma}["${ids.quantum(before.label, before.quantum)}","${ids.quantum(task.node.label, q)}"]`);
        comma = ",";
      }
    }
  }
  push("]}");
  pieces.push(Buffer.from(lines.join("")));
  return Buffer.concat(pieces);
}

/** The quanta that make what a quantum reads, each once. */
function predecessorsOf(
  graph: QuantumGraph,
  task: TaskQuanta,
  quantum: number,
): Iterable<{ label: string; quantum: number }> {
  const found = new Map<string, { label: string; quantum: number }>();
  for (const { edge, links } of task.inputs) {
    const label = graph.pipelineGraph.datasetTypes.get(edge.datasetType)!.producer;
    if (label === undefined) continue;
    const table = graph.datasets.get(edge.datasetType)!;
    for (const row of itemsOf(links, quantum)) {
      if (table.state[row] !== DATASET_PREDICTED) continue;
      found.set(`${label}/${table.producer[row]}`, { label, quantum: table.producer[row]! });
    }
  }
  return found.values();
}
