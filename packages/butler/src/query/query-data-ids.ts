import type { DataIdQueryOptions, DataIdTable } from "../api/query-api.ts";
import { dataIdOfRow } from "../datasets/dataset-store.ts";
import type { ButlerState } from "../direct/butler-state.ts";
import type { DataId, DataIdValue } from "../types.ts";
import { resolveSearch } from "./dataset-search.ts";
import { type PlannedQuery, planQuery } from "./plan-query.ts";

/** Plans a query of data ids. */
export async function planDataIds(
  state: ButlerState,
  dimensions: readonly string[],
  options: DataIdQueryOptions,
): Promise<{ readonly columns: readonly string[]; readonly planned: PlannedQuery }> {
  const { universe } = state.repository;
  const output = universe.completeGroup(dimensions);
  const columns = options.implied ? [...output.required, ...output.implied] : output.required;
  const constraints = [];
  for (const { datasetType, collections } of options.datasets ?? []) {
    constraints.push(await resolveSearch(state, datasetType, collections, false));
  }
  return { columns, planned: await planQuery(state, { output, columns, constraints, options }) };
}

async function dataIdRows(
  state: ButlerState,
  dimensions: readonly string[],
  options: DataIdQueryOptions,
): Promise<{ columns: readonly string[]; rows: DataIdValue[][] }> {
  const { columns, planned } = await planDataIds(state, dimensions, options);
  const { db } = state.repository;
  const { signal } = options;
  const rows = await db.rows(planned.sql, {
    bigInts: planned.bigInts,
    ...(signal === undefined ? {} : { signal }),
  });
  return { columns, rows: rows as DataIdValue[][] };
}

/** Data ids of some dimensions that match. */
export async function queryDataIds(
  state: ButlerState,
  dimensions: readonly string[],
  options: DataIdQueryOptions,
): Promise<DataId[]> {
  const { columns, rows } = await dataIdRows(state, dimensions, options);
  return rows.map((row) => dataIdOfRow(columns, row, 0));
}

/** Data ids with implied values, as rows. */
export async function queryDataIdTable(
  state: ButlerState,
  dimensions: readonly string[],
  options: DataIdQueryOptions,
): Promise<DataIdTable> {
  const { columns, rows } = await dataIdRows(state, dimensions, { ...options, implied: true });
  return {
    dimensions: columns,
    rows:
      options.orderBy === undefined
        ? rows
        : rows.map((row) =>
            row.slice(0, columns.length).map((value) => (typeof value === "bigint" ? Number(value) : value)),
          ),
  };
}
