import type { Row } from "@almagest/database";
import type { DatasetQueryOptions } from "../api/query-api.ts";
import { dataIdOfRow } from "../datasets/dataset-store.ts";
import { ambiguousCalibration } from "../datasets/find-dataset.ts";
import { type ButlerState, collectionsToSearch } from "../direct/butler-state.ts";
import type { DatasetRef } from "../types.ts";
import { type DatasetRows, refsByColumns, refsOfRows, sortRefs } from "./dataset-rows.ts";
import { resolveSearch } from "./dataset-search.ts";
import { type PlannedQuery, planQuery } from "./plan-query.ts";

interface DatasetQuery extends DatasetRows {
  readonly planned: PlannedQuery;
  /** Throws `BUTLER.CALIBRATION_AMBIGUOUS` for a row that stands for equally good datasets. */
  check(row: Row): void;
}

/** Plans a query of datasets of one type. */
export async function planDatasets(
  state: ButlerState,
  datasetType: string,
  options: DatasetQueryOptions,
): Promise<DatasetQuery> {
  const expression = collectionsToSearch(state, options.collections);
  const search = await resolveSearch(state, datasetType, expression, options.findFirst ?? true);
  const { type, group } = search.type;
  const required = group.required;
  const constraints = [];
  for (const { datasetType: name, collections } of options.datasets ?? [])
    constraints.push(await resolveSearch(state, name, collections, false));
  const planned = await planQuery(state, { output: group, columns: required, search, constraints, options });
  const { ambiguityColumn } = planned;
  const check = (row: Row): void => {
    if (ambiguityColumn === undefined || Number(row[ambiguityColumn]) <= 1) return;
    throw ambiguousCalibration(type.name, [expression].flat().join(", "), dataIdOfRow(required, row, 0));
  };
  return { planned, type, required, check };
}

/** Datasets of one type that match, ordered by data id unless told. */
export async function queryDatasets(
  state: ButlerState,
  datasetType: string,
  options: DatasetQueryOptions,
): Promise<DatasetRef[]> {
  const query = await planDatasets(state, datasetType, options);
  const { planned } = query;
  const { signal } = options;
  const sorted = options.orderBy === undefined && options.limit === undefined;
  if (planned.ambiguityColumn === undefined) {
    const refs = await refsByColumns(state, query, planned.sql, { sorted, signal });
    if (refs !== undefined) return refs;
  }
  const refs: DatasetRef[] = [];
  for await (const ref of streamQuery(state, query, signal)) refs.push(ref);
  return sorted ? sortRefs(refs, query.required) : refs;
}

async function* streamQuery(
  state: ButlerState,
  query: DatasetQuery,
  signal: AbortSignal | undefined,
): AsyncGenerator<DatasetRef> {
  const { planned, check } = query;
  const settings = { bigInts: planned.bigInts, ...(signal === undefined ? {} : { signal }) };
  for await (const page of state.repository.db.stream(planned.sql, settings)) {
    page.forEach(check);
    yield* await refsOfRows(state, query, page);
  }
}

/** Datasets of one type that match, one at a time. */
export async function* streamDatasets(
  state: ButlerState,
  datasetType: string,
  options: DatasetQueryOptions,
): AsyncGenerator<DatasetRef> {
  yield* streamQuery(state, await planDatasets(state, datasetType, options), options.signal);
}
