import type { QueryApi } from "../api/query-api.ts";
import { findDatasets } from "../datasets/find-dataset.ts";
import { type ButlerState, collectionsToSearch } from "./butler-state.ts";

/** The methods of a Butler that query. */
export function createQueryMethods(state: ButlerState): QueryApi {
  return {
    queryDatasets: async () => [],
    streamDatasets: async function* () {},
    queryDataIds: async () => [],
    queryDataIdTable: async () => ({ dimensions: [], rows: [] }),
    findDataset: async (datasetType, dataId, options = {}) => {
      const type = await state.types.get(datasetType);
      const searched = await state.collections.resolve(collectionsToSearch(state, options.collections));
      return (await findDatasets(state, type, [dataId], searched, options.timespan))[0];
    },
    findDatasets: async (datasetType, dataIds, options = {}) => {
      const type = await state.types.get(datasetType);
      const searched = await state.collections.resolve(collectionsToSearch(state, options.collections));
      return findDatasets(state, type, dataIds, searched);
    },
    getDatasets: (ids) => state.datasets.getByIds(ids),
  };
}
