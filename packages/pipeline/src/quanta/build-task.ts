import { AlmagestError } from "@almagest/base";
import type { DatasetRef, DimensionGroup } from "@almagest/butler";
import type { TaskNode } from "../graph/task-node.ts";
import { logTypeName, metadataTypeName } from "../run/implicit-types.ts";
import { countOf, filterItems, itemsOf } from "./adjacency.ts";
import { adjustQuanta } from "./adjust-quanta.ts";
import type { PartSkeleton } from "./build-part.ts";
import type { Building } from "./building.ts";
import { dataIdAt } from "./coded-rows.ts";
import { adoptOutputs, existingRef, predictOutputs, tableOf } from "./dataset-tables.ts";
import { findPrerequisites, severalDatasets } from "./find-prerequisites.ts";
import {
  type EdgeLinks,
  QUANTUM_PRUNED,
  QUANTUM_RUN,
  QUANTUM_SKIPPED,
  type TaskQuanta,
} from "./quantum-graph.ts";

/** The quanta of one task: which are done, which lack inputs, what the others read and make. Their numbers begin at `first`. Throws
 * `PIPELINE.PREREQUISITE_MISSING`, `PIPELINE.OUTPUT_EXISTS`. */
export async function buildTask(
  building: Building,
  node: TaskNode,
  skeleton: PartSkeleton,
  first: number,
): Promise<TaskQuanta> {
  const rows = skeleton.taskRows.get(node.label)!;
  building.skeletonRows.set(node.label, rows);
  const group = building.source.universe.completeGroup(node.dimensions);
  const status = new Uint8Array(rows.count);
  const leftovers: DatasetRef[] = [];
  const outputs = node.outputs.map((edge) => ({ edge, links: skeleton.link(node.label, edge.datasetType) }));
  const inputs = node.inputs.map((edge) => {
    const { state } = building.datasets.get(edge.datasetType)!;
    return {
      edge,
      links: filterItems(skeleton.link(node.label, edge.datasetType), (row) => state[row] !== 0),
    };
  });
  const pruned = new Map<string, number>();
  for (let quantum = 0; quantum < rows.count; quantum++) {
    const again = building.reruns.get(node.label)?.[quantum] === 1;
    if (building.skipExisting && !again && isDone(building, node, quantum, group)) {
      status[quantum] = QUANTUM_SKIPPED;
      adoptOutputs(building, outputs, quantum);
      continue;
    }
    const lacking = inputs.find(({ edge, links }) => countOf(links, quantum) < edge.minimum);
    if (lacking) {
      status[quantum] = QUANTUM_PRUNED;
      pruned.set(lacking.edge.datasetType, (pruned.get(lacking.edge.datasetType) ?? 0) + 1);
    }
  }
  for (const [name, count] of pruned) {
    building.notes.push(
      `${node.label}: ${count} of ${rows.count} data ids dropped, as they have no '${name}'.`,
    );
  }
  const partial = { node, rows, count: rows.count, requiredCount: group.required.length, status };
  const prerequisites: EdgeLinks[] = [];
  for (const edge of node.prerequisites) {
    let table = building.prerequisites.get(edge.datasetType);
    if (!table) building.prerequisites.set(edge.datasetType, (table = { refs: [], rowOf: new Map() }));
    const links = await findPrerequisites(building.source, partial, edge, building.inputs, table);
    prerequisites.push({ edge, links });
  }
  const running = (): number[] => [...rowsWith(status, QUANTUM_RUN)];
  const adjusted = adjustQuanta(
    { ...partial, inputs, prerequisites, outputs, tableOf: ({ edge }) => tableOf(building, edge) },
    running(),
  );
  for (const quantum of adjusted.dropped.keys()) status[quantum] = QUANTUM_PRUNED;
  for (const [reason, quanta] of Map.groupBy(adjusted.dropped, ([, reason]) => reason)) {
    building.notes.push(`${node.label}: ${quanta.length} of ${rows.count} data ids dropped: ${reason}.`);
  }
  for (const quantum of running()) {
    const several = [...adjusted.inputs, ...adjusted.prerequisites].find(
      ({ edge, links }) => !edge.multiple && countOf(links, quantum) > 1,
    );
    if (several) throw severalDatasets(node.label, several.edge, dataIdAt(rows, quantum));
    predictOutputs(building, outputs, quantum);
    leftovers.push(...findLeftovers(building, node, outputs, quantum, group));
  }
  const { inputs: kept, prerequisites: found } = adjusted;
  return { ...partial, first, inputs: kept, prerequisites: found, outputs, leftovers };
}

function* rowsWith(status: Uint8Array, wanted: number): Generator<number> {
  for (let quantum = 0; quantum < status.length; quantum++) if (status[quantum] === wanted) yield quantum;
}

function isDone(building: Building, node: TaskNode, quantum: number, group: DimensionGroup): boolean {
  if (building.existing.isEmpty) return false;
  const dataId = dataIdAt(building.skeletonRows.get(node.label)!, quantum);
  const key = building.source.universe.dataIdKey(dataId, group);
  return building.existing.find(metadataTypeName(node.label), key) !== undefined;
}

/** What an unfinished or failed attempt left in the output run. Without `skipExisting` anything there is an error. */
function findLeftovers(
  building: Building,
  node: TaskNode,
  outputs: readonly EdgeLinks[],
  quantum: number,
  group: DimensionGroup,
): DatasetRef[] {
  if (building.existing.isEmpty) return [];
  const found: DatasetRef[] = [];
  const { universe } = building.source;
  const key = universe.dataIdKey(dataIdAt(building.skeletonRows.get(node.label)!, quantum), group);
  for (const name of [logTypeName(node.label), metadataTypeName(node.label)]) {
    const ref = building.existing.find(name, key);
    if (ref?.run === building.outputRun) found.push(ref);
  }
  for (const { edge, links } of outputs) {
    const table = building.datasets.get(edge.datasetType)!;
    for (const row of itemsOf(links, quantum)) {
      const ref = existingRef(building, table, row);
      if (ref?.run === building.outputRun) found.push(ref);
    }
  }
  if (found.length > 0 && !(building.clobber ?? building.skipExisting)) {
    throw new AlmagestError(
      "PIPELINE.OUTPUT_EXISTS",
      `The run '${building.outputRun}' already holds '${found[0]!.datasetType.name}' for ${JSON.stringify(found[0]!.dataId)}; skip existing quanta or use a new run.`,
      { fields: { run: building.outputRun, label: node.label, datasetType: found[0]!.datasetType.name } },
    );
  }
  return found;
}
