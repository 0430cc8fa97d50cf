import { identifier, joinSql, rawSql, type Sql, sql } from "@almagest/database";
import type { BindValue, QueryOptions } from "../api/query-api.ts";
import type { DimensionElement } from "../dimensions/dimension-element.ts";
import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import { recordColumnsSql } from "../dimensions/record-store.ts";
import type { ButlerState } from "../direct/butler-state.ts";
import { timespanSql, uuidText } from "../repository/sql-codec.ts";
import type { DataId } from "../types.ts";
import { type CompileScope, compileCondition, compileExpression } from "./compile-expression.ts";
import { type DatasetSearch, searchSql } from "./dataset-search.ts";
import { type Expression, walkExpression } from "./expression/ast.ts";
import { parseExpression } from "./expression/parse.ts";
import { queryError } from "./expression/query-error.ts";
import { checkGovernors } from "./governor-check.ts";
import { createJoinPlan, elementsToJoin, type JoinPlan, joinElements, joinMissing } from "./join-plan.ts";
import { type ResolvedName, resolveName } from "./resolve-name.ts";
import {
  joinPixels,
  joinThroughPixels,
  overlapTest,
  pixelFilter,
  spatialParticipants,
} from "./spatial-join.ts";
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
  /** Give also the record of this element. */
  readonly record?: DimensionElement;
  readonly options: QueryOptions;
}

/** A query ready to run. Columns: the dimensions; with a search dataset_id and run_id (and `place_count`, above 1 where
 * calibrations are ambiguous); with a record its columns. */
export interface PlannedQuery {
  readonly sql: Sql;
  readonly bigInts: boolean;
  readonly ambiguityColumn: number | undefined;
}

interface NamedUse {
  readonly name: ResolvedName;
  readonly at: number;
}

interface ParsedOptions {
  readonly text: string;
  readonly where: Expression | undefined;
  readonly order: readonly {
    readonly expression: Expression;
    readonly text: string;
    readonly descending: boolean;
  }[];
}

function parseOptions(options: QueryOptions): ParsedOptions {
  const text = options.where ?? "";
  return {
    text,
    where: parseExpression(text),
    order: (options.orderBy ?? []).map((item) => {
      const descending = item.startsWith("-");
      const name = descending ? item.slice(1) : item;
      const expression = parseExpression(name);
      if (expression?.kind !== "name")
        throw queryError(item, 0, "order by takes names of dimensions or fields");
      return { expression, text: name, descending };
    }),
  };
}

function explicitSpatialJoin(
  where: Expression | undefined,
  resolve: (name: string, at: number) => ResolvedName,
): boolean {
  let found = false;
  if (where === undefined) return false;
  walkExpression(where, (part) => {
    if (part.kind !== "compare" || part.op !== "OVERLAPS") return;
    if (part.left.kind !== "name" || part.right.kind !== "name") return;
    const sides = [resolve(part.left.name, part.left.at), resolve(part.right.name, part.right.at)];
    if (sides.every((side) => side.kind === "field" && side.column.type === "region")) found = true;
  });
  return found;
}

function elementsOf(name: ResolvedName): string[] {
  if (name.kind === "field") return [name.element];
  return name.kind === "dimension" ? [name.dimension] : [];
}

/** Plans a query: which tables, how joined, what conditions. */
export async function planQuery(state: ButlerState, request: QueryRequest): Promise<PlannedQuery> {
  const { repository } = state;
  const { universe, db } = repository;
  const { options, output, search, constraints = [] } = request;
  const parsed = parseOptions(options);
  const searches = [...(search === undefined ? [] : [search]), ...constraints];
  const searchGroup = universe.completeGroup([
    ...output.names,
    ...searches.flatMap((item) => item.type.group.names),
  ]);
  const scope = {
    universe,
    group: searchGroup,
    ...(search === undefined ? {} : { datasetType: search.type.type.name }),
  };
  const resolveIn = (text: string) => (name: string, at: number) => resolveName(scope, text, name, at);
  const uses: NamedUse[] = [];
  const note = (text: string, expression: Expression): void =>
    walkExpression(expression, (part) => {
      if (part.kind === "name")
        uses.push({ name: resolveName(scope, text, part.name, part.at), at: part.at });
    });
  if (parsed.where !== undefined) note(parsed.text, parsed.where);
  const whereUses = [...uses];
  for (const item of parsed.order) note(item.text, item.expression);

  const dataId = fixedValues(state, options.dataId ?? {});
  const usedElements = uses.flatMap((use) => elementsOf(use.name)).map((name) => universe.element(name));
  const group = universe.completeGroup([
    ...searchGroup.names,
    ...Object.keys(dataId),
    ...usedElements.flatMap((element) => [...element.required]),
  ]);
  await checkGovernors(state, parsed.text, parsed.where, whereUses, dataId);

  const plan = createJoinPlan();
  const given = new Set<string>();
  const add: JoinPlan["add"] = (source, columns, extra) => {
    plan.add(source, columns, extra);
    for (const [dimension] of columns) given.add(dimension);
  };
  const tracked: JoinPlan = { ...plan, add };

  // Searches.
  const datasetUses = new Set(uses.flatMap(({ name }) => (name.kind === "dataset" ? [name.field] : [])));
  const temporal = [...universe.families.temporal.values()]
    .flatMap((family) => family.find((name) => group.elements.includes(name)) ?? [])
    .map((name) => universe.element(name));
  const needsTime = (item: DatasetSearch): boolean =>
    temporal.length > 0 &&
    !temporal.every((element) => element.required.every((name) => item.type.group.has(name))) &&
    item.type.calibsTable !== undefined &&
    item.collections.some((row) => row.kind === "CALIBRATION");
  const conditions: Sql[] = [];
  let ranked = false;
  let repeats = false;
  let calibrated = false;
  searches.forEach((item, index) => {
    const main = item === search;
    const alias = main ? "d" : `c${index}`;
    const timed = needsTime(item);
    const built = searchSql(
      state,
      main ? item : { ...item, findFirst: false },
      {
        ingestDate: main && datasetUses.has("ingest_date"),
        collection: main && datasetUses.has("collection"),
        timespan: timed || (main && datasetUses.has("timespan")),
      },
      timed,
    );
    add(
      sql`(${built.sql}) ${identifier(alias)}`,
      item.type.group.required.map((name) => [name, identifier(alias, name)] as const),
    );
    if (main) {
      calibrated = built.calibrations && item.findFirst;
      ranked = timed && item.findFirst;
      repeats ||= timed && !item.findFirst;
    } else {
      repeats ||= built.repeats;
    }
    if (timed) {
      for (const element of temporal) {
        const span = timespanSql(db.dialect, `"${element.name}"`);
        conditions.push(
          sql`(${identifier(alias, "timespan_begin")} IS NULL OR (${identifier(alias, "timespan_begin")} < ${span.end} AND ${identifier(alias, "timespan_end")} > ${span.begin}))`,
        );
      }
    }
  });

  // Elements.
  const participants = spatialParticipants(universe, group);
  const pairs = explicitSpatialJoin(parsed.where, resolveIn(parsed.text))
    ? []
    : spatialPairs(participants, searches);
  const wanted = new Set<string>([
    ...usedElements
      .filter((element, index) => uses[index]?.name.kind === "field" || !element.isDimension)
      .map((element) => element.name),
    ...uses.flatMap(({ name }) => (name.kind === "field" ? [name.element] : [])),
    ...(request.record === undefined ? [] : [request.record.name]),
    ...pairs
      .flat()
      .filter(
        (element) =>
          element.skypix === undefined &&
          pairs.some((pair) => pair.includes(element) && pair.every((side) => side.skypix === undefined)),
      )
      .map((element) => element.name),
    ...(searches.some(needsTime) ? temporal.map((element) => element.name) : []),
  ]);
  const needed = new Set<string>([
    ...request.columns,
    ...uses.flatMap(({ name }) => (name.kind === "dimension" ? [name.dimension] : [])),
    ...searches.flatMap((item) => item.type.group.required),
    ...Object.keys(dataId),
    ...pairs.flat().flatMap((element) => element.required),
  ]);
  const joined = elementsToJoin(universe, group, needed, wanted);
  joinElements(universe, tracked, joined);
  for (const [a, b] of pairs) {
    if (b.skypix !== undefined && a.skypix === undefined) joinPixels(universe, tracked, a, b.name);
    else if (a.skypix === undefined) {
      joinThroughPixels(universe, tracked, a, b);
      conditions.push(overlapTest(identifier(a.name, "region"), identifier(b.name, "region")));
    }
  }
  joinMissing(universe, tracked, [...needed, ...output.required], (name) => given.has(name));
  for (const [name, value] of Object.entries(dataId)) {
    if (given.has(name)) conditions.push(sql`${plan.dimension(name)} = ${value}`);
    else plan.fix(name, value);
  }

  // Conditions and result.
  const compileScope = (text: string): CompileScope => ({
    text,
    bind: options.bind ?? ({} as Readonly<Record<string, BindValue>>),
    dialect: db.dialect,
    resolve: resolveIn(text),
    column: (name, at) => columnSql(state, plan, text, name, at),
    overlap: (a, b, at) => {
      if (a.element !== undefined && a.element === b.element)
        throw queryError(text, at, "A region always overlaps itself");
      const filters = [
        ...(a.element !== undefined && b.literal !== undefined
          ? [pixelFilter(universe, plan, universe.element(a.element), b.literal)]
          : []),
        ...(b.element !== undefined && a.literal !== undefined
          ? [pixelFilter(universe, plan, universe.element(b.element), a.literal)]
          : []),
      ];
      return sql`(${joinSql([...filters, overlapTest(a.sql, b.sql)], " AND ")})`;
    },
  });
  if (parsed.where !== undefined) conditions.push(compileCondition(compileScope(parsed.text), parsed.where));
  const outputSet = new Set(request.columns);
  const multiplies =
    pairs.length > 0 || repeats || !group.required.every((name) => outputSet.has(name) || name in dataId);
  const columns: Sql[] = request.columns.map((name) => sql`${plan.dimension(name)} AS ${identifier(name)}`);
  if (search !== undefined)
    columns.push(sql`${uuidText(db.dialect, "d.dataset_id")} AS dataset_id`, rawSql("d.run_id"));
  const dimensionsOut = columns.length;
  let distinct = multiplies;
  let ambiguityColumn: number | undefined;
  const all = [...plan.conditions(), ...conditions];
  const whereSql = all.length === 0 ? sql`` : sql` WHERE ${joinSql(all, " AND ")}`;
  if (request.record !== undefined)
    columns.push(recordColumnsSql(repository, request.record, request.record.name));
  const orderTerms = parsed.order.map((item, index) => {
    const value = compileExpression(compileScope(item.text), item.expression);
    if (value.type === "null" || value.type === "region" || value.type === "timespan") {
      throw queryError(item.text, item.expression.at, `Rows cannot be ordered by ${item.text}`);
    }
    columns.push(sql`${value.sql} AS ${identifier(`order_${index}`)}`);
    return sql`${identifier(`order_${index}`)}${rawSql(item.descending ? " DESC" : "")}`;
  });
  let body: Sql;
  if (search !== undefined && (ranked || calibrated)) {
    // Partition by the whole data id, which a temporal join may have made finer than the dataset's own.
    const keys = joinSql(group.required.map((name) => plan.dimension(name)));
    const partition = group.required.length === 0 ? sql`` : sql`PARTITION BY ${keys}`;
    const rankColumn = ranked
      ? sql`, rank() OVER (${partition} ORDER BY d.search_rank) AS first_place`
      : sql`, 1 AS first_place`;
    const inner = sql`SELECT DISTINCT ${joinSql(columns)}, ${joinSql([...group.required.map((name) => sql`${plan.dimension(name)} AS ${identifier(`key_${name}`)}`), rawSql("1 AS key_end")])}${rankColumn} FROM ${plan.from()}${whereSql}`;
    const outKeys = group.required.map((name) => identifier(`key_${name}`));
    const outPartition = outKeys.length === 0 ? sql`` : sql`PARTITION BY ${joinSql(outKeys)}`;
    const names = [
      ...request.columns.map((name) => identifier(name)),
      rawSql("dataset_id"),
      rawSql("run_id"),
      ...orderTerms.map((_, index) => identifier(`order_${index}`)),
    ];
    ambiguityColumn = names.length;
    const counted = sql`SELECT ${joinSql(names)}, count(*) OVER (${outPartition}) AS place_count FROM (${inner}) w WHERE first_place = 1`;
    body = sql`SELECT DISTINCT * FROM (${counted}) x`;
    distinct = true;
  } else {
    body = sql`SELECT ${rawSql(distinct ? "DISTINCT " : "")}${joinSql(columns.length === 0 ? [rawSql("1")] : columns)} FROM ${plan.from()}${whereSql}`;
  }
  // All datasets are put in order outside, which is faster; a limit needs the order here.
  const byKey = search === undefined || parsed.order.length > 0 || options.limit !== undefined;
  const order = [...orderTerms, ...(byKey ? request.columns.map((name) => identifier(name)) : [])];
  const orderSql = order.length === 0 || dimensionsOut === 0 ? sql`` : sql` ORDER BY ${joinSql(order)}`;
  const limitSql =
    options.limit === undefined ? sql`` : sql` LIMIT ${Math.max(0, Math.floor(options.limit))}`;
  return {
    sql: sql`${body}${orderSql}${limitSql}`,
    bigInts: request.record?.temporalFamily !== undefined || parsed.order.length > 0,
    ambiguityColumn,
  };
}

function fixedValues(state: ButlerState, dataId: DataId): DataId {
  const { universe } = state.repository;
  const group = universe.completeGroup(Object.keys(dataId));
  const fixed: Record<string, string | number> = {};
  for (const name of Object.keys(dataId)) {
    const single = { ...group, required: [name] };
    fixed[name] = universe.conform(dataId, single)[name]!;
  }
  return fixed;
}

/** Pairs of spatial participants to be joined: those that no search already relates. */
function spatialPairs(
  participants: readonly DimensionElement[],
  searches: readonly DatasetSearch[],
): [DimensionElement, DimensionElement][] {
  const pairs: [DimensionElement, DimensionElement][] = [];
  participants.forEach((a, index) => {
    for (const b of participants.slice(index + 1)) {
      const related = searches.some((item) =>
        [...a.required, ...b.required].every((name) => item.type.group.has(name)),
      );
      if (!related) pairs.push([a, b]);
    }
  });
  return pairs;
}

function columnSql(
  state: ButlerState,
  plan: JoinPlan,
  text: string,
  name: ResolvedName,
  at: number,
): TypedSql {
  const { dialect } = state.repository.db;
  if (name.kind === "dimension") {
    const element = state.repository.universe.element(name.dimension);
    return { type: element.keyType!, sql: plan.dimension(name.dimension) };
  }
  if (name.kind === "dataset") return datasetColumn(name);
  const { element, column, part } = name;
  const own = identifier(element, column.name);
  switch (column.type) {
    case "timespan": {
      const span = timespanSql(dialect, `"${element}"`);
      return part === undefined ? { type: "timespan", ...span } : { type: "time", sql: span[part] };
    }
    case "region":
      return { type: "region", sql: own, element };
    case "hash":
      throw queryError(text, at, `'${element}.${column.name}' cannot be compared`);
    default:
      return { type: column.type, sql: own };
  }
}

function datasetColumn(name: ResolvedName & { kind: "dataset" }): TypedSql {
  switch (name.field) {
    case "dataset_id":
      return { type: "uuid", sql: rawSql("d.dataset_id") };
    case "ingest_date":
      return { type: "time", sql: rawSql("d.ingest_date") };
    case "run":
      return { type: "string", sql: rawSql("(SELECT name FROM collection WHERE collection_id = d.run_id)") };
    case "collection":
      return {
        type: "string",
        sql: rawSql("(SELECT name FROM collection WHERE collection_id = d.collection_id)"),
      };
    case "timespan": {
      const ends = { begin: rawSql("d.timespan_begin"), end: rawSql("d.timespan_end") };
      return name.part === undefined ? { type: "timespan", ...ends } : { type: "time", sql: ends[name.part] };
    }
  }
}
