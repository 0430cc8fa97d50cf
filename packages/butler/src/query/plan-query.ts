import { identifier, joinSql, rawSql, type Sql, sql } from "@almagest/database";
import type { QueryOptions } from "../api/query-api.ts";
import type { DimensionElement } from "../dimensions/dimension-element.ts";
import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import { recordColumnsSql } from "../dimensions/record-rows.ts";
import type { ButlerState } from "../direct/butler-state.ts";
import { uuidText } from "../repository/sql-codec.ts";
import { analyzeQuery, type QueryAnalysis } from "./analyze-query.ts";
import { compileCondition, compileExpression } from "./compile-expression.ts";
import type { DatasetSearch } from "./dataset-search.ts";
import type { Expression } from "./expression/ast.ts";
import { queryError } from "./expression/query-error.ts";
import { checkGovernors } from "./governor-check.ts";
import { type JoinedQuery, joinQuery } from "./join-query.ts";
import { createOverlapTests, type OverlapTests } from "./overlap-tests.ts";
import { createCompileScope } from "./query-columns.ts";
import type { TypedSql } from "./typed-sql.ts";

/** What a query is to give. */
export interface QueryRequest {
  readonly output: DimensionGroup;
  /** Dimensions to give, in order: required ones, or all. */
  readonly columns: readonly string[];
  /** Give also the datasets of this search. */
  readonly search?: DatasetSearch;
  /** Keep only data ids for which each of these finds something. */
  readonly constraints?: readonly DatasetSearch[];
  /** Give also these fields. */
  readonly select?: readonly string[];
  /** Give also the record of this element. */
  readonly record?: DimensionElement;
  readonly options: QueryOptions;
}

/** A field that a query gives: one column, or two for a time span. */
export interface SelectedValue {
  readonly type: TypedSql["type"];
}

/** A query ready to run. Columns: the dimensions; with a search dataset_id and run_id; with a record its columns; the selected fields. */
export interface PlannedQuery {
  readonly sql: Sql;
  readonly bigInts: boolean;
  /** Column that counts equally good matches, where more than one is an error (calibrations). */
  readonly ambiguityColumn: number | undefined;
  readonly selected: readonly SelectedValue[];
}

interface SelectedOrder {
  readonly columns: Sql[];
  readonly terms: Sql[];
}

function selectOrder(
  state: ButlerState,
  analysis: QueryAnalysis,
  joined: JoinedQuery,
  tests: OverlapTests,
): SelectedOrder {
  const columns: Sql[] = [];
  const terms = analysis.order.map((item, index) => {
    const scope = createCompileScope(state, joined.plan, analysis.scope, item.text, {}, tests);
    const value = compileExpression(scope, item.expression);
    if (value.type === "null" || value.type === "region" || value.type === "timespan") {
      throw queryError(item.text, item.expression.at, `Rows cannot be ordered by ${item.text}`);
    }
    const name = identifier(`order_${index}`);
    columns.push(sql`${value.sql} AS ${name}`);
    return sql`${name}${rawSql(item.descending ? " DESC" : "")}`;
  });
  return { columns, terms };
}

interface SelectedFields {
  readonly values: readonly SelectedValue[];
  readonly columns: Sql[];
  /** Names of the columns. */
  readonly names: Sql[];
}

function selectFields(
  state: ButlerState,
  analysis: QueryAnalysis,
  joined: JoinedQuery,
  tests: OverlapTests,
): SelectedFields {
  const columns: Sql[] = [];
  const names: Sql[] = [];
  const add = (value: Sql): void => {
    const name = identifier(`field_${names.length}`);
    names.push(name);
    columns.push(sql`${value} AS ${name}`);
  };
  const values = analysis.selected.map((item) => {
    const scope = createCompileScope(state, joined.plan, analysis.scope, item.text, {}, tests);
    const value = compileExpression(scope, item.expression);
    if (value.type === "null") throw queryError(item.text, 0, "There is no field of this name");
    if (value.type === "timespan") {
      add(value.begin);
      add(value.end);
    } else add(value.type === "uuid" ? uuidText(state.repository.db.dialect, "d.dataset_id") : value.sql);
    return { type: value.type };
  });
  return { values, columns, names };
}

function partitionBy(keys: readonly Sql[]): Sql {
  return keys.length === 0 ? sql`` : sql`PARTITION BY ${joinSql(keys)}`;
}

/**
 * Keeps for each data id the match of best rank, and counts equals. A temporal join may have made the data id finer than
 * the dataset's own, so all dimensions that take part decide what "each" means.
 */
function chooseBest(
  request: QueryRequest,
  analysis: QueryAnalysis,
  joined: JoinedQuery,
  columns: readonly Sql[],
  orderNames: readonly Sql[],
  from: Sql,
): { body: Sql; ambiguityColumn: number } {
  const keys = analysis.group.required.map((name) => joined.plan.dimension(name));
  const keyNames = analysis.group.required.map((name) => identifier(`key_${name}`));
  const keyColumns = keys.map((key, index) => sql`${key} AS ${keyNames[index]!}`);
  const place =
    joined.choose === "first" ? sql`rank() OVER (${partitionBy(keys)} ORDER BY d.search_rank)` : rawSql("1");
  const inner = sql`SELECT DISTINCT ${joinSql([...columns, ...keyColumns, sql`${place} AS first_place`])}${from}`;
  const names = [
    ...request.columns.map((name) => identifier(name)),
    identifier("dataset_id"),
    identifier("run_id"),
    ...orderNames,
  ];
  const count = sql`count(*) OVER (${partitionBy(keyNames)}) AS place_count`;
  const counted = sql`SELECT ${joinSql([...names, count])} FROM (${inner}) w WHERE first_place = 1`;
  return { body: sql`SELECT DISTINCT * FROM (${counted}) x`, ambiguityColumn: names.length };
}

/** The parts of an expression that must all hold. */
function conjuncts(node: Expression): Expression[] {
  return node.kind === "and" ? [...conjuncts(node.left), ...conjuncts(node.right)] : [node];
}

/** The tables of a query with all conditions. Where the database cannot test regions itself, the pairs that may overlap are
 * decided first, narrowed by all conditions that know nothing of the sky. */
async function joinAndFilter(
  state: ButlerState,
  request: QueryRequest,
  analysis: QueryAnalysis,
): Promise<{ joined: JoinedQuery; from: Sql; tests: OverlapTests }> {
  const tests = createOverlapTests(state.repository);
  const build = (): { joined: JoinedQuery; from: Sql; candidates: Sql } => {
    const joined = joinQuery(state, request, analysis, tests);
    const { plan } = joined;
    const scope = createCompileScope(state, plan, analysis.scope, analysis.text, request.options.bind, tests);
    const onSky: Sql[] = [];
    const elsewhere: Sql[] = [];
    for (const part of analysis.where === undefined ? [] : conjuncts(analysis.where)) {
      const before = tests.count;
      const condition = compileCondition(scope, part);
      (tests.count > before ? onSky : elsewhere).push(condition);
    }
    // Compiling may name dimensions, never add tables; so all conditions of the plan are known by now.
    const common = [rawSql("1 = 1"), ...plan.conditions(), ...joined.conditions, ...elsewhere];
    const fromWhere = (conditions: readonly Sql[]): Sql =>
      sql` FROM ${plan.from()} WHERE ${joinSql(conditions, " AND ")}`;
    return { joined, from: fromWhere([...common, ...onSky]), candidates: fromWhere(common) };
  };
  let built = build();
  if (tests.count > 0 && !tests.isFinal) {
    await tests.settle(built.candidates);
    built = build();
  }
  return { joined: built.joined, from: built.from, tests };
}

/** Plans a query: which tables, how joined, what conditions. Throws `BUTLER.QUERY_INVALID`, `BUTLER.QUERY_UNSUPPORTED`. */
export async function planQuery(state: ButlerState, request: QueryRequest): Promise<PlannedQuery> {
  const { repository } = state;
  const { options, search, record } = request;
  const analysis = analyzeQuery(repository.universe, request);
  await checkGovernors(state, analysis.text, analysis.where, analysis.whereUses, analysis.dataId);
  const { joined, from, tests } = await joinAndFilter(state, request, analysis);
  const { plan } = joined;

  const columns = request.columns.map((name) => sql`${plan.dimension(name)} AS ${identifier(name)}`);
  if (search !== undefined) {
    columns.push(sql`${uuidText(repository.db.dialect, "d.dataset_id")} AS dataset_id`, rawSql("d.run_id"));
  }
  if (record !== undefined) columns.push(recordColumnsSql(repository, record, record.name));
  const fields = selectFields(state, analysis, joined, tests);
  const order = selectOrder(state, analysis, joined, tests);
  columns.push(...fields.columns, ...order.columns);

  let body: Sql;
  let ambiguityColumn: number | undefined;
  if (joined.choose === "nothing") {
    const given = new Set([...request.columns, ...Object.keys(analysis.dataId)]);
    const distinct = joined.repeats || !analysis.group.required.every((name) => given.has(name));
    const selected = joinSql(columns.length === 0 ? [rawSql("1")] : columns);
    body = sql`SELECT ${rawSql(distinct ? "DISTINCT " : "")}${selected}${from}`;
  } else {
    const orderNames = [...fields.names, ...order.columns.map((_, index) => identifier(`order_${index}`))];
    ({ body, ambiguityColumn } = chooseBest(request, analysis, joined, columns, orderNames, from));
  }
  // All datasets are put in order outside, which is faster; a limit needs the order here.
  const byKey = search === undefined || order.terms.length > 0 || options.limit !== undefined;
  const orderBy = [
    ...order.terms,
    ...(byKey ? request.columns.map((_, index) => rawSql(`${index + 1}`)) : []),
  ];
  const orderSql = orderBy.length === 0 ? sql`` : sql` ORDER BY ${joinSql(orderBy)}`;
  const limit = options.limit === undefined ? sql`` : sql` LIMIT ${Math.max(0, Math.floor(options.limit))}`;
  return {
    sql: sql`${body}${orderSql}${limit}`,
    bigInts: record?.temporalFamily !== undefined || order.terms.length > 0,
    ambiguityColumn,
    selected: fields.values,
  };
}
