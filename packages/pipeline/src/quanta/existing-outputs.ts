import type { DatasetRef } from "@almagest/butler";
import type { TaskNode } from "../graph/task-node.ts";
import { logTypeName, metadataTypeName } from "../run/implicit-types.ts";
import { findCollection } from "./find-collection.ts";
import type { GraphSource } from "./graph-source.ts";

/** What earlier runs left, by dataset type and data id. */
export interface ExistingOutputs {
  /** True when it is known that there is nothing at all: no data id need be looked up. */
  readonly isEmpty?: boolean;
  /** The dataset of a type with a data id key, first in search order. */
  find(datasetType: string, dataIdKey: string): DatasetRef | undefined;
}

/** Looks up the outputs of tasks (with their metadata and logs) in some collections, one query per dataset type. */
export async function findExistingOutputs(
  source: GraphSource,
  tasks: readonly TaskNode[],
  collections: readonly string[],
): Promise<ExistingOutputs> {
  const byType = new Map<string, Map<string, DatasetRef>>();
  const searched: string[] = [];
  for (const name of collections) if (await findCollection(source, name)) searched.push(name);
  if (searched.length > 0) {
    const names = tasks.flatMap((task) => [
      ...task.outputs.map((edge) => edge.datasetType),
      metadataTypeName(task.label),
      logTypeName(task.label),
    ]);
    const registered = new Map((await source.queryDatasetTypes()).map((type) => [type.name, type]));
    for (const name of names) {
      const type = registered.get(name);
      if (!type) continue;
      const group = source.universe.completeGroup(type.dimensions);
      const refs = await source.queryDatasets(name, { collections: searched, findFirst: true });
      byType.set(name, new Map(refs.map((ref) => [source.universe.dataIdKey(ref.dataId, group), ref])));
    }
  }
  const isEmpty = [...byType.values()].every(({ size }) => size === 0);
  return { isEmpty, find: (datasetType, dataIdKey) => byType.get(datasetType)?.get(dataIdKey) };
}
