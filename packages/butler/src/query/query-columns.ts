import { identifier, rawSql, sql } from "@almagest/database";
import type { QueryOptions } from "../api/query-api.ts";
import type { DimensionElement } from "../dimensions/dimension-element.ts";
import type { Universe } from "../dimensions/universe.ts";
import type { ButlerState } from "../direct/butler-state.ts";
import { timespanSql } from "../repository/sql-codec.ts";
import type { CompileScope } from "./compile-expression.ts";
import { queryError } from "./expression/query-error.ts";
import type { JoinPlan } from "./join-plan.ts";
import type { OverlapSide, OverlapTests } from "./overlap-tests.ts";
import { type NameScope, type ResolvedName, resolveName } from "./resolve-name.ts";
import { pixelFilter, sharePixel } from "./spatial-join.ts";
import type { TypedSql } from "./typed-sql.ts";

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

function fieldColumn(
  state: ButlerState,
  text: string,
  name: ResolvedName & { kind: "field" },
  at: number,
): TypedSql {
  const { element, column, part } = name;
  const own = identifier(element, column.name);
  switch (column.type) {
    case "timespan": {
      const span = timespanSql(state.repository.db.dialect, `"${element}"`);
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

function sideOf(universe: Universe, side: TypedSql & { type: "region" }): OverlapSide {
  return side.element === undefined
    ? { literal: side.literal! }
    : { element: universe.element(side.element) };
}

/** How an expression of a query compiles once its tables are joined. */
export function createCompileScope(
  state: ButlerState,
  plan: JoinPlan,
  names: NameScope,
  text: string,
  bind: QueryOptions["bind"],
  tests: OverlapTests,
): CompileScope {
  const { universe, db } = state.repository;
  return {
    text,
    bind: bind ?? {},
    dialect: db.dialect,
    resolve: (name, at) => resolveName(names, text, name, at),
    column: (name, at) => {
      if (name.kind === "dataset") return datasetColumn(name);
      if (name.kind === "field") return fieldColumn(state, text, name, at);
      return { type: universe.element(name.dimension).keyType!, sql: plan.dimension(name.dimension) };
    },
    overlap: (a, b, at) => {
      if (a.element !== undefined && a.element === b.element) {
        throw queryError(text, at, "A region always overlaps itself");
      }
      const [one, other] = [sideOf(universe, a), sideOf(universe, b)];
      if ("element" in one && "element" in other)
        return tests.test(one, other, sharePixel(universe, one.element, other.element));
      if ("literal" in one && "literal" in other) return tests.test(one, other);
      const filter =
        "element" in one
          ? pixelFilter(universe, plan, one.element, (other as { literal: string }).literal)
          : pixelFilter(universe, plan, (other as { element: DimensionElement }).element, one.literal);
      return sql`(${filter} AND ${tests.test(one, other, filter)})`;
    },
  };
}
