import { joinSql, rawSql, type Sql, sql } from "@almagest/database";
import { regionToBase64 } from "@almagest/sphere";
import type { BindValue } from "../api/query-api.ts";
import { encodeUuid, timespanBounds } from "../repository/sql-codec.ts";
import type { Timespan } from "../types.ts";
import { compileComparison } from "./compile-comparison.ts";
import type { Expression } from "./expression/ast.ts";
import { queryError } from "./expression/query-error.ts";
import { regionFromCall, regionFromPos } from "./region-literal.ts";
import type { ResolvedName } from "./resolve-name.ts";
import { parseTimeLiteral } from "./time-literal.ts";
import { isNumeric, type TypedSql, typeName } from "./typed-sql.ts";

/** What the compiler needs to know of the query around the expression. */
export interface CompileScope {
  readonly text: string;
  readonly bind: Readonly<Record<string, BindValue>>;
  readonly dialect: "sqlite" | "postgresql";
  resolve(name: string, at: number): ResolvedName;
  /** SQL of a resolved name, once the tables are joined. */
  column(name: ResolvedName, at: number): TypedSql;
  /** Condition that two regions overlap. */
  overlap(a: TypedSql & { type: "region" }, b: TypedSql & { type: "region" }, at: number): Sql;
}

function isTimespan(value: object): value is Timespan {
  return (
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    ("begin" in value || "end" in value || Object.keys(value).length === 0)
  );
}

function compileBound(scope: CompileScope, value: BindValue, at: number): TypedSql {
  switch (typeof value) {
    case "string":
      return { type: "string", sql: sql`${value}`, literal: value };
    case "bigint":
      if (BigInt.asIntN(64, value) !== value) throw queryError(scope.text, at, "This integer is too large");
      return { type: "int", sql: sql`${value}`, literal: value };
    case "boolean":
      return { type: "bool", sql: sql`${value}` };
    case "number":
      return Number.isSafeInteger(value)
        ? { type: "int", sql: sql`${BigInt(value)}`, literal: BigInt(value) }
        : { type: "float", sql: sql`${value}`, literal: value };
    default:
  }
  if (value instanceof Uint8Array) {
    const literal = value.toBase64();
    return { type: "region", sql: sql`${literal}`, literal };
  }
  if (isTimespan(value)) {
    const { begin, end } = timespanBounds(value);
    return { type: "timespan", begin: sql`${begin}`, end: sql`${end}` };
  }
  throw queryError(scope.text, at, "A list may only stand in IN");
}

function boundValue(scope: CompileScope, name: string, at: number): BindValue {
  if (!Object.hasOwn(scope.bind, name)) throw queryError(scope.text, at, `No value was given for ':${name}'`);
  return scope.bind[name]!;
}

function compileCall(scope: CompileScope, call: Expression & { kind: "call" }): TypedSql {
  const { name, args, at } = call;
  if (name === "GLOB") return compileGlob(scope, call);
  if (name === "UUID") {
    const [arg] = args;
    const text = arg?.kind === "text" ? arg.value : undefined;
    if (
      args.length !== 1 ||
      text === undefined ||
      !/^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text)
    ) {
      throw queryError(scope.text, at, "UUID takes one text such as 'f6cb9ee9-944b-5a34-9cd1-8cd8c9d118ba'");
    }
    return { type: "uuid", sql: sql`${encodeUuid(scope.dialect, text)}` };
  }
  if (name === "REGION") {
    const [arg] = args.map((item) => compileExpression(scope, item));
    const text = arg?.type === "string" && typeof arg.literal === "string" ? arg.literal : undefined;
    if (args.length !== 1 || text === undefined) throw queryError(scope.text, at, "REGION takes one text");
    return regionValue(scope, regionFromPos(text), at);
  }
  const numbers = args.map((item) => {
    const value = compileExpression(scope, item);
    if (isNumeric(value) && "literal" in value && value.literal !== undefined) return Number(value.literal);
    throw queryError(scope.text, item.at, `${name} takes numbers, not columns`);
  });
  const region = regionFromCall(name, numbers);
  if (region === undefined) throw queryError(scope.text, at, `There is no function '${name}'`);
  return regionValue(scope, region, at);
}

function regionValue(
  scope: CompileScope,
  region: Parameters<typeof regionToBase64>[0] | string,
  at: number,
): TypedSql {
  if (typeof region === "string") throw queryError(scope.text, at, region);
  const literal = regionToBase64(region);
  return { type: "region", sql: sql`${literal}`, literal };
}

function compileGlob(scope: CompileScope, { args, at }: Expression & { kind: "call" }): TypedSql {
  const [column, pattern] = args.map((item) => compileExpression(scope, item));
  if (
    args.length !== 2 ||
    column?.type !== "string" ||
    pattern?.type !== "string" ||
    typeof pattern.literal !== "string"
  ) {
    throw queryError(scope.text, at, "GLOB takes a text column and a pattern");
  }
  if (scope.dialect === "sqlite") {
    return { type: "bool", sql: sql`(${column.sql} GLOB ${pattern.literal.replaceAll("[", "[[]")})` };
  }
  const like = pattern.literal
    .replace(/[\\%_]/g, "\\$&")
    .replaceAll("*", "%")
    .replaceAll("?", "_");
  return { type: "bool", sql: sql`(${column.sql} LIKE ${like})` };
}

function compileArithmetic(scope: CompileScope, node: Expression & { kind: "arithmetic" }): TypedSql {
  const left = compileExpression(scope, node.left);
  const right = compileExpression(scope, node.right);
  if (!isNumeric(left) || !isNumeric(right)) {
    throw queryError(
      scope.text,
      node.at,
      `'${node.op}' needs numbers, not ${typeName(left)} and ${typeName(right)}`,
    );
  }
  if (left.type !== right.type) {
    throw queryError(
      scope.text,
      node.at,
      `'${node.op}' needs both sides of one type, not ${left.type} and ${right.type}; write 1.0 for 1`,
    );
  }
  if (node.op === "%" && left.type === "float") throw queryError(scope.text, node.at, "'%' needs integers");
  if (node.op === "/") {
    const real = rawSql(scope.dialect === "sqlite" ? "REAL" : "DOUBLE PRECISION");
    return { type: "float", sql: sql`(CAST(${left.sql} AS ${real}) / NULLIF(${right.sql}, 0))` };
  }
  return { type: left.type, sql: sql`(${left.sql} ${rawSql(node.op)} ${right.sql})` };
}

function compileTuple(scope: CompileScope, node: Expression & { kind: "tuple" }): TypedSql {
  const [begin, end] = node.items.map((item) => {
    const value = compileExpression(scope, item);
    if (value.type === "null" || value.type === "time") return value;
    throw queryError(scope.text, item.at, `A time span is a pair of times, not ${typeName(value)}`);
  });
  const { begin: lowest, end: highest } = timespanBounds({});
  return {
    type: "timespan",
    begin: begin!.type === "time" ? begin!.sql : sql`${lowest}`,
    end: end!.type === "time" ? end!.sql : sql`${highest}`,
  };
}

function compileIn(scope: CompileScope, node: Expression & { kind: "in" }): TypedSql {
  const member = compileExpression(scope, node.member);
  const equals = (item: TypedSql, at: number): Sql => compileComparison(scope, "=", member, item, at);
  const single: Sql[] = [];
  const alternatives: Sql[] = [];
  for (const item of node.items) {
    if (item.kind === "range") {
      if (member.type !== "int")
        throw queryError(scope.text, item.at, `A range needs an integer, not ${typeName(member)}`);
      const bounds = sql`${member.sql} BETWEEN ${item.start} AND ${item.stop}`;
      alternatives.push(
        item.step === 1n
          ? sql`(${bounds})`
          : sql`(${bounds} AND (${member.sql} - ${item.start}) % ${item.step} = 0)`,
      );
      continue;
    }
    const bound = item.kind === "bind" ? boundValue(scope, item.name, item.at) : undefined;
    const values = Array.isArray(bound)
      ? bound.map((value: BindValue) => compileBound(scope, value, item.at))
      : [compileExpression(scope, item)];
    for (const value of values) {
      if (value.type === "timespan" && member.type === "time") {
        alternatives.push(sql`(${value.begin} <= ${member.sql} AND ${member.sql} < ${value.end})`);
      } else if (
        value.type === member.type &&
        "literal" in value &&
        value.literal !== undefined &&
        "sql" in member
      ) {
        single.push((value as { sql: Sql }).sql);
      } else {
        alternatives.push(equals(value, item.at));
      }
    }
  }
  if (single.length > 0) alternatives.unshift(sql`${(member as { sql: Sql }).sql} IN (${joinSql(single)})`);
  if (alternatives.length === 0) alternatives.push(rawSql("1 = 0"));
  const any = sql`(${joinSql(alternatives, " OR ")})`;
  return { type: "bool", sql: node.negated ? sql`(NOT ${any})` : any };
}

/** Compiles a part that must be true or false. */
export function compileCondition(scope: CompileScope, node: Expression): Sql {
  const value = compileExpression(scope, node);
  if (value.type === "bool") return value.sql;
  throw queryError(scope.text, node.at, `Expected a condition, found a ${typeName(value)}`);
}

/** Compiles an expression to SQL with its type. Throws `BUTLER.QUERY_INVALID` at the place of a mistake. */
export function compileExpression(scope: CompileScope, node: Expression): TypedSql {
  switch (node.kind) {
    case "int":
      return { type: "int", sql: sql`${node.value}`, literal: node.value };
    case "float":
      return { type: "float", sql: sql`${node.value}`, literal: node.value };
    case "text":
      return { type: "string", sql: sql`${node.value}`, literal: node.value };
    case "time": {
      const ns = parseTimeLiteral(node.value);
      if (ns === undefined) {
        throw queryError(
          scope.text,
          node.at,
          `'${node.value}' is no time; write 2026-01-31T12:00:00 or an MJD with a decimal point`,
        );
      }
      return { type: "time", sql: sql`${ns}`, literal: ns };
    }
    case "null":
      return { type: "null" };
    case "bind":
      return compileBound(scope, boundValue(scope, node.name, node.at), node.at);
    case "name":
      return scope.column(scope.resolve(node.name, node.at), node.at);
    case "range":
      throw queryError(scope.text, node.at, "A range may only stand in the list of IN");
    case "tuple":
      return compileTuple(scope, node);
    case "call":
      return compileCall(scope, node);
    case "negate": {
      const value = compileExpression(scope, node.operand);
      if (!isNumeric(value))
        throw queryError(scope.text, node.at, `'-' needs a number, not ${typeName(value)}`);
      return { type: value.type, sql: sql`(- ${value.sql})` };
    }
    case "not":
      return { type: "bool", sql: sql`(NOT ${compileCondition(scope, node.operand)})` };
    case "and":
    case "or": {
      const word = rawSql(node.kind === "and" ? " AND " : " OR ");
      return {
        type: "bool",
        sql: sql`(${compileCondition(scope, node.left)}${word}${compileCondition(scope, node.right)})`,
      };
    }
    case "compare": {
      const left = compileExpression(scope, node.left);
      const right = compileExpression(scope, node.right);
      return { type: "bool", sql: compileComparison(scope, node.op, left, right, node.at) };
    }
    case "arithmetic":
      return compileArithmetic(scope, node);
    case "in":
      return compileIn(scope, node);
  }
}
