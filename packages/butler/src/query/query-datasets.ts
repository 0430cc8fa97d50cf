import type { Row } from "@almagest/database";
import type { DatasetQueryOptions } from "../api/query-api.ts";
import { dataIdOfRow } from "../datasets/dataset-store.ts";
import { ambiguousCalibration } from "../datasets/find-dataset.ts";
import { type ButlerState, collectionsToSearch } from "../direct/butler-state.ts";
import { decodeUuid } from "../repository/sql-codec.ts";
import type { DatasetRef } from "../types.ts";
import { resolveSearch } from "./dataset-search.ts";
import { type PlannedQuery, planQuery } from "./plan-query.ts";

interface DatasetQuery {
  readonly planned: PlannedQuery;
  decode(rows: readonly Row[]): Promise<DatasetRef[]>;
}

async function planDatasets(
  state: ButlerState,
  datasetType: string,
  options: DatasetQueryOptions,
): Promise<DatasetQuery> {
  const expression = collectionsToSearch(state, options.collections);
  const search = await resolveSearch(state, datasetType, expression, options.findFirst ?? true);
  const { type } = search;
  const required = type.group.required;
  const planned = await planQuery(state, { output: type.group, columns: required, search, options });
  return {
    planned,
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
      const runs = await state.collections.getByIds(rows.map((row) => Number(row[count + 1])));
      return rows.map((row) => ({
        id: decodeUuid(row[count] as string),
        datasetType: type.type,
        dataId: dataIdOfRow(required, row, 0),
        run: runs.get(Number(row[count + 1]))!.name,
      }));
    },
  };
}

/** Datasets of one type that match. */
export async function queryDatasets(
  state: ButlerState,
  datasetType: string,
  options: DatasetQueryOptions,
): Promise<DatasetRef[]> {
  const { planned, decode } = await planDatasets(state, datasetType, options);
  const { signal } = options;
  return decode(
    await state.repository.db.rows(planned.sql, {
      bigInts: planned.bigInts,
      ...(signal === undefined ? {} : { signal }),
    }),
  );
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
