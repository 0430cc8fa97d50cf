import type { RecordApi } from "../api/record-api.ts";
import { expandDataIds } from "../dimensions/expand-data-id.ts";
import { queryRecords } from "../query/query-records.ts";
import { type ButlerState, requireWriteable } from "./butler-state.ts";

/** The methods of a Butler on dimension records. */
export function createRecordMethods(state: ButlerState): RecordApi {
  const { universe } = state.repository;
  return {
    insertRecords: async (element, records, options) => {
      requireWriteable(state);
      await state.records.insert(element, records, options);
    },
    syncRecord: async (element, record, options) => {
      requireWriteable(state);
      return state.records.sync(element, record, options);
    },
    queryRecords: (element, options = {}) => queryRecords(state, element, options),
    expandDataId: async (dataId, dimensions) => {
      const names = Object.keys(dataId).filter((name) => universe.elements.get(name)?.isDimension);
      const group = dimensions ?? universe.completeGroup(names);
      return (await expandDataIds(universe, state.records, group, [dataId]))[0]!;
    },
    expandDataIds: (dataIds, dimensions) => expandDataIds(universe, state.records, dimensions, dataIds),
  };
}
