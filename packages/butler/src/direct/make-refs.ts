import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import type { Repository } from "../repository/repository.ts";
import { newDatasetId } from "../repository/sql-codec.ts";
import type { DataId, DatasetRef, DatasetType } from "../types.ts";

const MANY = 1000;

interface Request {
  readonly datasetType: DatasetType;
  readonly dataId: DataId;
}

/** Places of data ids in the order of the database's index of them. */
function indexOrder(dataIds: readonly DataId[], names: readonly string[]): number[] {
  return Array.from(dataIds.keys()).sort((a, b) => {
    for (const name of names) {
      const [one, other] = [dataIds[a]![name]!, dataIds[b]![name]!];
      if (one !== other) return one < other ? -1 : 1;
    }
    return 0;
  });
}

/** References with new ids. Many of one type get ids in the order of their data ids, so that the index of ids and that of
 * data ids both grow at their end when they are registered. Throws `BUTLER.DATA_ID_INVALID`. */
export function makeRefs(
  { universe, clock }: Repository,
  requests: readonly Request[],
  run: string,
): DatasetRef[] {
  const groups = new Map<DatasetType, DimensionGroup>();
  const groupOf = (type: DatasetType): DimensionGroup => {
    const group = groups.get(type) ?? universe.completeGroup(type.dimensions);
    groups.set(type, group);
    return group;
  };
  const dataIds = requests.map(({ datasetType, dataId }) => universe.conform(dataId, groupOf(datasetType)));
  const ids: string[] = new Array(requests.length);
  const [first] = requests;
  const isSorted =
    requests.length >= MANY && requests.every((item) => item.datasetType === first!.datasetType);
  const order = isSorted ? indexOrder(dataIds, groupOf(first!.datasetType).required) : dataIds.keys();
  for (const index of order) ids[index] = newDatasetId(clock);
  return requests.map(({ datasetType }, index) => ({
    id: ids[index]!,
    datasetType,
    dataId: dataIds[index]!,
    run,
  }));
}
