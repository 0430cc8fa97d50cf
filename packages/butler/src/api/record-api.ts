import type { DimensionGroup, ExpandedDataId } from "../dimensions/universe.ts";
import type { DataId, DimensionRecord } from "../types.ts";
import type { QueryOptions } from "./query-api.ts";

/** What the Butler does with dimension records. */
export interface RecordApi {
  /**
   * Inserts records of one dimension element in one transaction, with their skypix overlap rows. A record must hold
   * every key of the element; missing metadata become NULL. Throws `BUTLER.RECORD_CONFLICT` when a key exists, unless
   * `skipExisting` (keep the stored one) or `replace` (take the new one).
   */
  insertRecords(
    element: string,
    records: readonly DimensionRecord[],
    options?: { readonly skipExisting?: boolean; readonly replace?: boolean },
  ): Promise<void>;
  /**
   * Inserts one record if absent; true when it was inserted (or, with `update`, changed). Throws
   * `BUTLER.RECORD_CONFLICT` when a stored record of the same key differs and `update` is not set.
   */
  syncRecord(
    element: string,
    record: DimensionRecord,
    options?: { readonly update?: boolean },
  ): Promise<boolean>;
  /** The records of one element that match, ordered by key unless `orderBy` says otherwise. */
  queryRecords(element: string, options?: QueryOptions): Promise<DimensionRecord[]>;
  /**
   * Completes a data id: canonical types, implied values, and the record of every element. Throws
   * `BUTLER.DATA_ID_INVALID` when a key is missing and `BUTLER.RECORD_MISSING` when the repository has no such record.
   */
  expandDataId(dataId: DataId, dimensions?: DimensionGroup): Promise<ExpandedDataId>;
  /** Many data ids of one group at once, parallel to `dataIds`. */
  expandDataIds(dataIds: readonly DataId[], dimensions: DimensionGroup): Promise<ExpandedDataId[]>;
}
