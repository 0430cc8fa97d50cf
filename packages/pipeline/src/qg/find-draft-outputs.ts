import type { Butler, DataId, DatasetRef } from "@almagest/butler";
import type { ExistingOutputs } from "../quanta/existing-outputs.ts";
import { findCollection } from "../quanta/find-collection.ts";
import { datasetDataId, quantumDataId } from "../quanta/quantum-graph.ts";
import { logTypeName, metadataTypeName } from "../run/implicit-types.ts";
import type { QuantaDraft } from "./quanta-draft.ts";

/** What a run holds of the outputs of some quanta, found by their data ids: the size of the run does not matter. */
export async function findDraftOutputs(
  butler: Butler,
  draft: QuantaDraft,
  run: string,
): Promise<ExistingOutputs> {
  const wanted = new Map<string, DataId[]>();
  for (const task of draft.tasks) {
    if (task.count === 0) continue;
    const own = Array.from({ length: task.count }, (_, q) => quantumDataId(task, q));
    for (const name of [metadataTypeName(task.node.label), logTypeName(task.node.label)])
      wanted.set(name, own);
    for (const { edge } of task.outputs) {
      const table = draft.datasets.get(edge.datasetType)!;
      const ids = Array.from({ length: table.count }, (_, row) => datasetDataId(table, row));
      wanted.set(edge.datasetType, ids);
    }
  }
  const found = new Map<string, ReadonlyMap<string, DatasetRef>>();
  if (await findCollection(butler, run)) {
    for (const [name, dataIds] of wanted) found.set(name, await findInRun(butler, name, dataIds, run));
  }
  return { find: (datasetType, key) => found.get(datasetType)?.get(key) };
}

/** Datasets of a type in a run by data id key; none where the type is not known. */
export async function findInRun(
  butler: Butler,
  datasetType: string,
  dataIds: readonly DataId[],
  run: string,
): Promise<Map<string, DatasetRef>> {
  const type = (await butler.queryDatasetTypes()).find(({ name }) => name === datasetType);
  if (!type || dataIds.length === 0) return new Map();
  const group = butler.universe.completeGroup(type.dimensions);
  const refs = await butler.findDatasets(datasetType, dataIds, { collections: run });
  return new Map(refs.flatMap((ref) => (ref ? [[butler.universe.dataIdKey(ref.dataId, group), ref]] : [])));
}
