import type { QueryApi } from "../api/query-api.ts";
import { findDatasets } from "../datasets/find-dataset.ts";
import { explainQuery } from "../query/explain-query.ts";
import { queryDataIds, queryDataIdTable } from "../query/query-data-ids.ts";
import { queryDatasets, streamDatasets } from "../query/query-datasets.ts";
import { streamRows } from "../query/query-rows.ts";
import { type ButlerState, collectionsToSearch } from "./butler-state.ts";

/** The methods of a Butler that query. */
export function createQueryMethods(state: ButlerState): QueryApi {
  return {
    queryDatasets: (datasetType, options = {}) => queryDatasets(state, datasetType, options),
    streamDatasets: (datasetType, options = {}) => streamDatasets(state, datasetType, options),
    queryDataIds: (dimensions, options = {}) => queryDataIds(state, dimensions, options),
    queryDataIdTable: (dimensions, options = {}) => queryDataIdTable(state, dimensions, options),
    streamRows: (query) => streamRows(state, query),
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
    explain: (request) => explainQuery(state, request),
    getDatasets: (ids) => state.datasets.getByIds(ids),
  };
}
