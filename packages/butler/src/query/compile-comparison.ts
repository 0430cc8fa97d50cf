import { rawSql, type Sql, sql } from "@almagest/database";
import type { CompileScope } from "./compile-expression.ts";
import type { Comparison } from "./expression/ast.ts";
import { queryError } from "./expression/query-error.ts";
import { isNumeric, type TypedSql, typeName } from "./typed-sql.ts";

type Span = TypedSql & { type: "timespan" };

function compareNull(scope: CompileScope, op: Comparison, value: TypedSql, at: number): Sql {
  if (op !== "=" && op !== "!=") throw queryError(scope.text, at, "NULL can only be compared with = or !=");
  const tested = value.type === "timespan" ? value.begin : value.type === "null" ? rawSql("NULL") : value.sql;
  return op === "=" ? sql`(${tested} IS NULL)` : sql`(${tested} IS NOT NULL)`;
}

function compareSpans(scope: CompileScope, op: Comparison, a: Span, b: Span, at: number): Sql {
  switch (op) {
    case "OVERLAPS":
      return sql`(${a.begin} < ${b.end} AND ${a.end} > ${b.begin})`;
    case "=":
      return sql`(${a.begin} = ${b.begin} AND ${a.end} = ${b.end})`;
    case "!=":
      return sql`(NOT (${a.begin} = ${b.begin} AND ${a.end} = ${b.end}))`;
    case "<":
      return sql`(${a.end} <= ${b.begin})`;
    case ">":
      return sql`(${a.begin} >= ${b.end})`;
    default:
      throw queryError(scope.text, at, `Time spans cannot be compared with ${op}`);
  }
}

function instant(value: TypedSql & { type: "time" }): Span {
  return {
    type: "timespan",
    begin: (value as { sql: Sql }).sql,
    end: sql`(${(value as { sql: Sql }).sql} + 1)`,
  };
}

/** A value as a time span, where it is one or an instant. */
function asSpan(value: TypedSql): Span | undefined {
  if (value.type === "timespan") return value;
  return value.type === "time" ? instant(value as TypedSql & { type: "time" }) : undefined;
}

/** The condition of a comparison. Throws `BUTLER.QUERY_INVALID` when the sides do not go together. */
export function compileComparison(
  scope: CompileScope,
  op: Comparison,
  left: TypedSql,
  right: TypedSql,
  at: number,
): Sql {
  if (left.type === "null" || right.type === "null") {
    return compareNull(scope, op, left.type === "null" ? right : left, at);
  }
  const spanLeft = asSpan(left);
  const spanRight = asSpan(right);
  const anySpan = left.type === "timespan" || right.type === "timespan";
  if (anySpan && spanLeft !== undefined && spanRight !== undefined) {
    return compareSpans(scope, op, spanLeft, spanRight, at);
  }
  if (op === "OVERLAPS") {
    if (left.type === "region" && right.type === "region") return scope.overlap(left, right, at);
    throw queryError(
      scope.text,
      at,
      `OVERLAPS needs two regions or two time spans, not ${typeName(left)} and ${typeName(right)}`,
    );
  }
  const same = left.type === right.type || (isNumeric(left) && isNumeric(right));
  if (!same || left.type === "timespan" || right.type === "timespan" || left.type === "region") {
    throw queryError(
      scope.text,
      at,
      `A ${typeName(left)} cannot be compared with a ${typeName(right)} by ${op}`,
    );
  }
  return sql`(${left.sql} ${rawSql(op === "!=" ? "<>" : op)} ${(right as { sql: Sql }).sql})`;
}
