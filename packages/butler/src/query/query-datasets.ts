import type { Row } from "@almagest/database";
import type { DatasetQueryOptions } from "../api/query-api.ts";
import { dataIdOfRow } from "../datasets/dataset-store.ts";
import { ambiguousCalibration } from "../datasets/find-dataset.ts";
import { type ButlerState, collectionsToSearch } from "../direct/butler-state.ts";
import type { DataId, DataIdValue, DatasetRef } from "../types.ts";
import { resolveSearch } from "./dataset-search.ts";
import { type PlannedQuery, planQuery } from "./plan-query.ts";

/** Gives equal texts of many data ids one place in memory. */
function createSharer(): (dataId: DataId) => DataId {
  const texts = new Map<string, string>();
  return (dataId) => {
    const values = dataId as Record<string, DataIdValue>;
    for (const name in values) {
      const value = values[name]!;
      if (typeof value !== "string") continue;
      const known = texts.get(value);
      if (known === undefined) texts.set(value, value);
      else values[name] = known;
    }
    return dataId;
  };
}

/** Orders rows by their first columns; what the database gives is mostly in order already, which this makes use of. */
function sortRows(rows: Row[], columns: number): Row[] {
  return rows.sort((a, b) => {
    for (let i = 0; i < columns; i++) {
      if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
    }
    return 0;
  });
}

interface DatasetQuery {
  readonly planned: PlannedQuery;
  /** How many columns, the first of each row, make the data id. */
  readonly keyColumns: number;
  decode(rows: readonly Row[]): Promise<DatasetRef[]>;
}

/** Plans a query of datasets of one type. */
export async function planDatasets(
  state: ButlerState,
  datasetType: string,
  options: DatasetQueryOptions,
): Promise<DatasetQuery> {
  const expression = collectionsToSearch(state, options.collections);
  const search = await resolveSearch(state, datasetType, expression, options.findFirst ?? true);
  const { type } = search;
  const required = type.group.required;
  const planned = await planQuery(state, { output: type.group, columns: required, search, options });
  const share = createSharer();
  return {
    planned,
    keyColumns: required.length,
    decode: async (rows) => {
      const count = required.length;
      const { ambiguityColumn } = planned;
      if (ambiguityColumn !== undefined) {
        const several = rows.find((row) => Number(row[ambiguityColumn]) > 1);
        if (several !== undefined) {
          throw ambiguousCalibration(
            type.type.name,
            [expression].flat().join(", "),
            dataIdOfRow(required, several, 0),
          );
        }
      }
      const runs = await state.collections.getByIds([...new Set(rows.map((row) => Number(row[count + 1])))]);
      return rows.map((row) => ({
        id: row[count] as string,
        datasetType: type.type,
        dataId: share(dataIdOfRow(required, row, 0)),
        run: runs.get(Number(row[count + 1]))!.name,
      }));
    },
  };
}

/** Datasets of one type that match, ordered by data id unless told. */
export async function queryDatasets(
  state: ButlerState,
  datasetType: string,
  options: DatasetQueryOptions,
): Promise<DatasetRef[]> {
  const { planned, decode, keyColumns } = await planDatasets(state, datasetType, options);
  const { signal } = options;
  const rows = await state.repository.db.rows(planned.sql, {
    bigInts: planned.bigInts,
    ...(signal === undefined ? {} : { signal }),
  });
  const asFound = options.orderBy !== undefined || options.limit !== undefined;
  return decode(asFound ? rows : sortRows(rows, keyColumns));
}

/** Datasets of one type that match, one at a time. */
export async function* streamDatasets(
  state: ButlerState,
  datasetType: string,
  options: DatasetQueryOptions,
): AsyncGenerator<DatasetRef> {
  const { planned, decode } = await planDatasets(state, datasetType, options);
  const { signal } = options;
  const pages = state.repository.db.stream(planned.sql, {
    bigInts: planned.bigInts,
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const page of pages) yield* await decode(page);
}
