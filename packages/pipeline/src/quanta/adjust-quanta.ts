import type { DataId } from "@almagest/butler";
import type { TaskNode } from "../graph/task-node.ts";
import { NoWorkFound } from "../no-work-found.ts";
import type { AdjustedInputs } from "../task.ts";
import { countOf, filterItems, itemsOf } from "./adjacency.ts";
import { type CodedRows, dataIdAt } from "./coded-rows.ts";
import { type DatasetTable, datasetDataId, type EdgeLinks } from "./quantum-graph.ts";

/** The quanta of a task, before its own rule has been asked. */
export interface AdjustQuestion {
  readonly node: TaskNode;
  readonly rows: CodedRows;
  readonly inputs: readonly EdgeLinks[];
  readonly prerequisites: readonly EdgeLinks[];
  readonly outputs: readonly EdgeLinks[];
  tableOf(edge: EdgeLinks): DatasetTable;
}

/** What the task's rule left of them. */
export interface AdjustedQuanta {
  readonly inputs: readonly EdgeLinks[];
  readonly prerequisites: readonly EdgeLinks[];
  /** Why quanta are to be dropped, by number. */
  readonly dropped: ReadonlyMap<number, string>;
}

/** Lets a task leave out inputs of its quanta, or drop quanta for which it finds nothing to do; `active` are asked. */
export function adjustQuanta(question: AdjustQuestion, active: readonly number[]): AdjustedQuanta {
  const { node, inputs, prerequisites, outputs } = question;
  const { task, label, resolved } = node;
  if (task.adjustQuantum === undefined || active.length === 0) {
    return { inputs, prerequisites, dropped: new Map() };
  }
  const sides = [...inputs, ...prerequisites];
  const tables = new Map([...sides, ...outputs].map((side) => [side, question.tableOf(side)]));
  const removed = sides.map(() => new Set<string>());
  const dropped = new Map<number, string>();
  for (const quantum of active) {
    const idsOf = (edges: readonly EdgeLinks[]): Record<string, DataId[]> =>
      Object.fromEntries(
        edges.map((side) => {
          const table = tables.get(side)!;
          return [
            side.edge.connection,
            Array.from(itemsOf(side.links, quantum), (row) => datasetDataId(table, row)),
          ];
        }),
      );
    let kept: AdjustedInputs;
    try {
      kept = task.adjustQuantum({
        label,
        config: resolved.config,
        dataId: dataIdAt(question.rows, quantum),
        inputs: idsOf(sides),
        outputs: idsOf(outputs),
      });
    } catch (error) {
      if (!(error instanceof NoWorkFound)) throw error;
      dropped.set(quantum, error.message);
      continue;
    }
    for (const [i, { edge, links }] of sides.entries()) {
      const positions = kept[edge.connection];
      if (positions === undefined) continue;
      const rows = itemsOf(links, quantum);
      const wanted = new Set(positions);
      for (const [at, row] of rows.entries()) if (!wanted.has(at)) removed[i]!.add(`${quantum}/${row}`);
    }
  }
  const adjusted = sides.map(({ edge, links }, i) =>
    removed[i]!.size === 0
      ? { edge, links }
      : { edge, links: filterItems(links, (row, quantum) => !removed[i]!.has(`${quantum}/${row}`)) },
  );
  for (const quantum of active) {
    const lacking = adjusted.find(({ edge, links }) => countOf(links, quantum) < edge.minimum);
    if (lacking && !dropped.has(quantum)) dropped.set(quantum, `too few '${lacking.edge.datasetType}' left`);
  }
  return {
    inputs: adjusted.slice(0, inputs.length),
    prerequisites: adjusted.slice(inputs.length),
    dropped,
  };
}
