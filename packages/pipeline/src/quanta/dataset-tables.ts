import type { DatasetRef } from "@almagest/butler";
import type { Edge } from "../graph/task-node.ts";
import { itemsOf } from "./adjacency.ts";
import type { PartSkeleton } from "./build-part.ts";
import type { Building } from "./building.ts";
import { dataIdAt } from "./coded-rows.ts";
import type { PrerequisiteTable } from "./find-prerequisites.ts";
import {
  DATASET_PREDICTED,
  DATASET_STORED,
  type DatasetTable,
  datasetDataId,
  type EdgeLinks,
} from "./quantum-graph.ts";

/** Makes the tables of a part's dataset types; overall inputs are looked up. */
export async function openDatasets(building: Building, skeleton: PartSkeleton): Promise<void> {
  for (const type of skeleton.part.datasetTypes) {
    const rows = skeleton.datasetRows.get(type.name)!;
    const { required } = building.source.universe.completeGroup(type.datasetType.dimensions);
    const refs: (DatasetRef | undefined)[] = new Array(rows.count);
    const state = new Uint8Array(rows.count);
    if (type.isOverallInput && (await building.source.queryDatasetTypes(type.name)).length > 0) {
      const dataIds = Array.from({ length: rows.count }, (_, row) => dataIdAt(rows, row));
      const found = await building.source.findDatasets(type.name, dataIds, { collections: building.inputs });
      for (const [row, ref] of found.entries()) {
        refs[row] = ref;
        if (ref) state[row] = DATASET_STORED;
      }
    }
    building.datasets.set(type.name, {
      name: type.name,
      count: rows.count,
      rows,
      requiredCount: required.length,
      state,
      refs,
      producer: new Int32Array(rows.count).fill(-1),
    });
  }
}

/** The table of a connection's datasets, prerequisites found so far included. */
export function tableOf(building: Building, { kind, datasetType }: Edge): DatasetTable {
  if (kind !== "prerequisite") return building.datasets.get(datasetType)!;
  return prerequisiteTable(datasetType, building.prerequisites.get(datasetType)!);
}

/** The stored outputs of a finished quantum. */
export function adoptOutputs(building: Building, outputs: readonly EdgeLinks[], quantum: number): void {
  for (const { edge, links } of outputs) {
    const table = building.datasets.get(edge.datasetType)!;
    for (const row of itemsOf(links, quantum)) {
      const ref = existingRef(building, table, row);
      if (!ref) continue;
      (table.refs as (DatasetRef | undefined)[])[row] = ref;
      table.state[row] = DATASET_STORED;
    }
  }
}

/** The outputs of a quantum that is to run. */
export function predictOutputs(building: Building, outputs: readonly EdgeLinks[], quantum: number): void {
  for (const { edge, links } of outputs) {
    const table = building.datasets.get(edge.datasetType)!;
    for (const row of itemsOf(links, quantum)) {
      table.state[row] = DATASET_PREDICTED;
      table.producer[row] = quantum;
    }
  }
}

/** The dataset of a row that an earlier run left. */
export function existingRef(building: Building, table: DatasetTable, row: number): DatasetRef | undefined {
  const group = building.source.universe.completeGroup(
    building.graph.datasetTypes.get(table.name)!.datasetType.dimensions,
  );
  return building.existing.find(
    table.name,
    building.source.universe.dataIdKey(datasetDataId(table, row), group),
  );
}

/** Prerequisites as a table of datasets, all of which are stored. */
export function prerequisiteTable(name: string, { refs }: PrerequisiteTable): DatasetTable {
  return {
    name,
    count: refs.length,
    requiredCount: 0,
    state: new Uint8Array(refs.length).fill(DATASET_STORED),
    refs,
    producer: new Int32Array(refs.length).fill(-1),
  };
}
