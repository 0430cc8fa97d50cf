import { compileSql, joinSql, rawSql } from "@almagest/database";
import type {
  DatasetQueryOptions,
  ExplainRequest,
  QueryExplanation,
  QueryOptions,
} from "../api/query-api.ts";
import { summarizeCollections } from "../collections/collection-summary.ts";
import { type ButlerState, collectionsToSearch } from "../direct/butler-state.ts";
import type { PlannedQuery } from "./plan-query.ts";
import { planDataIds } from "./query-data-ids.ts";
import { planDatasets } from "./query-datasets.ts";
import { planRecords } from "./query-records.ts";

async function planOf(state: ButlerState, request: ExplainRequest): Promise<PlannedQuery> {
  if ("datasets" in request) {
    return (await planDatasets(state, request.datasets, request.options ?? {})).planned;
  }
  if ("dataIds" in request) return (await planDataIds(state, request.dataIds, request.options ?? {})).planned;
  return planRecords(state, request.records, request.options ?? {});
}

function withoutWhere(request: ExplainRequest): ExplainRequest {
  const { where: _where, bind: _bind, dataId: _dataId, ...rest } = (request.options ?? {}) as QueryOptions;
  return { ...request, options: rest };
}

async function findsRows(state: ButlerState, planned: PlannedQuery): Promise<boolean> {
  for await (const page of state.repository.db.stream(planned.sql, {
    bigInts: planned.bigInts,
    pageRows: 1,
  })) {
    if (page.length > 0) return true;
  }
  return false;
}

async function datasetReasons(
  state: ButlerState,
  datasetType: string,
  options: DatasetQueryOptions,
): Promise<string[]> {
  const searched = await state.collections.resolve(collectionsToSearch(state, options.collections));
  const summaries = await summarizeCollections(
    state,
    searched.map((row) => row.name),
  );
  if (summaries.some((summary) => summary.datasetTypes.includes(datasetType))) return [];
  const names = searched.length === 0 ? "no collection" : searched.map((row) => `'${row.name}'`).join(", ");
  return [`No datasets of type '${datasetType}' in ${names}.`];
}

async function explainNothing(state: ButlerState, request: ExplainRequest): Promise<string[]> {
  const reasons: string[] = [];
  if ("datasets" in request) {
    reasons.push(...(await datasetReasons(state, request.datasets, request.options ?? {})));
  }
  if ("dataIds" in request) {
    for (const { datasetType, collections } of request.options?.datasets ?? []) {
      reasons.push(...(await datasetReasons(state, datasetType, { collections })));
    }
  }
  if (reasons.length > 0) return reasons;
  const { where } = (request.options ?? {}) as QueryOptions;
  const unconditioned = await findsRows(state, await planOf(state, withoutWhere(request)));
  if (unconditioned && where !== undefined)
    return [`Nothing matches the condition ${where}; without it there are rows.`];
  return ["The joined dimension records have no combination in common."];
}

/** How a query is answered, and why it finds nothing where that is so. */
export async function explainQuery(state: ButlerState, request: ExplainRequest): Promise<QueryExplanation> {
  const { db } = state.repository;
  const planned = await planOf(state, request);
  const explain = rawSql(db.dialect === "sqlite" ? "EXPLAIN QUERY PLAN" : "EXPLAIN");
  const rows = await db.rows(joinSql([explain, planned.sql], " "));
  const reasons = (await findsRows(state, planned)) ? [] : await explainNothing(state, request);
  return {
    sql: compileSql(planned.sql, db.dialect),
    plan: rows.map((row) => String(row.at(-1))),
    reasons,
  };
}
