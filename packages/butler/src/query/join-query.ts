import { identifier, type Sql, sql } from "@almagest/database";
import type { DimensionElement } from "../dimensions/dimension-element.ts";
import type { ButlerState } from "../direct/butler-state.ts";
import { timespanSql } from "../repository/sql-codec.ts";
import { elementOfName, type QueryAnalysis } from "./analyze-query.ts";
import { type DatasetSearch, searchSql } from "./dataset-search.ts";
import { createJoinPlan, elementsToJoin, type JoinPlan, joinElements, joinMissing } from "./join-plan.ts";
import type { OverlapTests } from "./overlap-tests.ts";
import type { QueryRequest } from "./plan-query.ts";
import { joinPixels, joinThroughPixels } from "./spatial-join.ts";

/** The joined tables of a query. */
export interface JoinedQuery {
  readonly plan: JoinPlan;
  /** Conditions besides those of the plan. */
  readonly conditions: Sql[];
  /** True when one row of the result may come out several times. */
  readonly repeats: boolean;
  /** How the best match of the main search is still to be chosen, if it is. */
  readonly choose: "nothing" | "unambiguous" | "first";
}

/** True when a search must be joined in time: calibrations, with times that its own dimensions do not fix. */
function isTimed(analysis: QueryAnalysis, search: DatasetSearch): boolean {
  const { temporal } = analysis;
  if (temporal.length === 0 || search.type.calibsTable === undefined) return false;
  const own = temporal.every((element) => element.required.every((name) => search.type.group.has(name)));
  return !own && search.collections.some((row) => row.kind === "CALIBRATION");
}

/** Condition that a search's validity (unbounded outside CALIBRATION collections) overlaps an element's time. */
function validityCondition(state: ButlerState, alias: string, element: DimensionElement): Sql {
  const span = timespanSql(state.repository.db.dialect, `"${element.name}"`);
  const begin = identifier(alias, "timespan_begin");
  const end = identifier(alias, "timespan_end");
  return sql`(${begin} IS NULL OR (${begin} < ${span.end} AND ${end} > ${span.begin}))`;
}

interface JoinedSearches {
  readonly conditions: Sql[];
  readonly repeats: boolean;
  readonly choose: JoinedQuery["choose"];
}

function joinSearches(
  state: ButlerState,
  request: QueryRequest,
  analysis: QueryAnalysis,
  plan: JoinPlan,
): JoinedSearches {
  const fields = new Set(analysis.uses.map(({ name }) => (name.kind === "dataset" ? name.field : "")));
  const conditions: Sql[] = [];
  let repeats = false;
  let choose: JoinedQuery["choose"] = "nothing";
  analysis.searches.forEach((search, index) => {
    const main = search === request.search;
    const alias = main ? "d" : `c${index}`;
    const timed = isTimed(analysis, search);
    const built = searchSql(
      state,
      main ? search : { ...search, findFirst: false },
      {
        ingestDate: main && fields.has("ingest_date"),
        collection: main && fields.has("collection"),
        timespan: timed || (main && fields.has("timespan")),
      },
      timed,
    );
    plan.add(
      sql`(${built.sql}) ${identifier(alias)}`,
      search.type.group.required.map((name) => [name, identifier(alias, name)] as const),
    );
    if (timed)
      for (const element of analysis.temporal) conditions.push(validityCondition(state, alias, element));
    if (!main) repeats ||= built.repeats;
    else if (!search.findFirst) repeats ||= timed;
    else if (timed) choose = "first";
    else if (built.calibrations) choose = "unambiguous";
  });
  return { conditions, repeats, choose };
}

/** Elements whose own columns are wanted. */
function wantedElements(request: QueryRequest, analysis: QueryAnalysis): Set<string> {
  const wanted = new Set<string>();
  for (const { name } of analysis.uses) if (name.kind === "field") wanted.add(name.element);
  if (request.record !== undefined) wanted.add(request.record.name);
  for (const pair of analysis.pairs) {
    if (pair.every((element) => element.skypix === undefined)) for (const { name } of pair) wanted.add(name);
  }
  if (analysis.searches.some((search) => isTimed(analysis, search))) {
    for (const { name } of analysis.temporal) wanted.add(name);
  }
  return wanted;
}

function neededDimensions(request: QueryRequest, analysis: QueryAnalysis): Set<string> {
  return new Set([
    ...request.columns,
    ...analysis.uses.flatMap(({ name }) => (name.kind === "dimension" ? (elementOfName(name) ?? []) : [])),
    ...analysis.searches.flatMap((search) => search.type.group.required),
    ...Object.keys(analysis.dataId),
    ...analysis.pairs.flat().flatMap((element) => element.required),
  ]);
}

/** Joins all tables that a query takes: searches, records, overlaps on the sky and in time. */
export function joinQuery(
  state: ButlerState,
  request: QueryRequest,
  analysis: QueryAnalysis,
  tests: OverlapTests,
): JoinedQuery {
  const { universe } = state.repository;
  const { group, dataId, pairs } = analysis;
  const plan = createJoinPlan();
  const { conditions, repeats, choose } = joinSearches(state, request, analysis, plan);
  const needed = neededDimensions(request, analysis);
  joinElements(universe, plan, elementsToJoin(universe, group, needed, wantedElements(request, analysis)));
  for (const [a, b] of pairs) {
    if (b.skypix !== undefined) {
      joinPixels(universe, plan, a, b);
    } else {
      joinThroughPixels(universe, plan, a, b);
      conditions.push(tests.test({ element: a }, { element: b }));
    }
  }
  joinMissing(universe, plan, [...needed, ...request.output.required]);
  for (const [name, value] of Object.entries(dataId)) {
    if (plan.has(name)) conditions.push(sql`${plan.dimension(name)} = ${value}`);
    else plan.fix(name, value);
  }
  return { plan, conditions, repeats: repeats || pairs.length > 0, choose };
}
