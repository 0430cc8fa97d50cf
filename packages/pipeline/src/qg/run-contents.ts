import type { Butler, DatasetRef } from "@almagest/butler";
import type { TaskNode } from "../graph/task-node.ts";
import { type ExistingOutputs, findExistingOutputs } from "../quanta/existing-outputs.ts";
import { findCollection } from "../quanta/find-collection.ts";
import { datasetDataId, quantumDataId } from "../quanta/quantum-graph.ts";
import { logTypeName, metadataTypeName } from "../run/implicit-types.ts";
import type { QuantumModel } from "./graph-models.ts";
import type { QuantaDraft } from "./quanta-draft.ts";

/** A dataset that may be in a run, by what a graph says of it. */
export interface SoughtDataset {
  readonly datasetType: string;
  /** Required dimensions are enough. */
  readonly dataId: DatasetRef["dataId"];
  /** Undefined where the graph's id of it is not at hand. */
  readonly id?: string;
}

/** Tells what the output run of a graph holds already: by the registry, or by the files alone. */
export interface RunContents {
  /** Told of each quantum while the graph is read. */
  note?(quantum: QuantumModel): void;
  /** What there is of these outputs; `tasks` where they are all outputs of these. */
  find(sought: Iterable<SoughtDataset>, tasks?: readonly TaskNode[]): Promise<ExistingOutputs>;
}

/** Every output of some quanta, metadata and logs among them. */
export function* soughtOutputs(draft: QuantaDraft): Generator<SoughtDataset> {
  const seen = new Set<string>();
  for (const task of draft.tasks) {
    const { label } = task.node;
    const own = [
      [metadataTypeName(label), draft.metadataIds.get(label)!],
      [logTypeName(label), draft.logIds.get(label)!],
    ] as const;
    for (let q = 0; q < task.count; q++) {
      const dataId = quantumDataId(task, q);
      for (const [datasetType, ids] of own) yield { datasetType, dataId, id: ids[q]! };
    }
    for (const { edge } of task.outputs) {
      const { datasetType } = edge;
      if (task.count === 0 || seen.has(datasetType)) continue;
      seen.add(datasetType);
      const table = draft.datasets.get(datasetType)!;
      const ids = draft.datasetIds.get(datasetType)!;
      for (let row = 0; row < table.count; row++)
        yield { datasetType, dataId: datasetDataId(table, row), id: ids[row]! };
    }
  }
}

/** What a repository has registered of a run. Chosen outputs are found by their data ids: the size of the run does not matter
 * then. */
export function registeredContents(butler: Butler, run: string): RunContents {
  const { universe } = butler;
  return {
    async find(sought, tasks) {
      if (tasks !== undefined) return findExistingOutputs(butler, tasks, [run]);
      const found = new Map<string, ReadonlyMap<string, DatasetRef>>();
      if (await findCollection(butler, run)) {
        const types = new Map((await butler.queryDatasetTypes()).map((type) => [type.name, type]));
        for (const [name, own] of Map.groupBy(sought, ({ datasetType }) => datasetType)) {
          const type = types.get(name);
          if (!type) continue;
          const group = universe.completeGroup(type.dimensions);
          const dataIds = own.map(({ dataId }) => dataId);
          const refs = await butler.findDatasets(name, dataIds, { collections: run });
          found.set(
            name,
            new Map(refs.flatMap((ref) => (ref ? [[universe.dataIdKey(ref.dataId, group), ref]] : []))),
          );
        }
      }
      return { find: (datasetType, key) => found.get(datasetType)?.get(key) };
    },
  };
}
