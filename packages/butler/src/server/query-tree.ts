import { AlmagestError } from "@almagest/base";
import { taiNsToIso } from "@almagest/sphere";
import * as z from "zod";
import type { BindValue } from "../api/query-api.ts";
import { timespanFromBounds } from "../repository/sql-codec.ts";

const name = z.string().max(200);
const whole = z.int();
/** Times in nanoseconds are beyond what JSON numbers hold here; the request is parsed so that they come as text. */
const nanoseconds = z.union([z.int(), z.bigint()]);

/** An expression of the original's serialized query tree. */
export type WireExpression =
  | { readonly expression_type: "int"; readonly value: number | bigint }
  | { readonly expression_type: "string"; readonly value: string }
  | { readonly expression_type: "float"; readonly value: number }
  | { readonly expression_type: "uuid"; readonly value: string }
  | { readonly expression_type: "datetime"; readonly nsec: number | bigint }
  | {
      readonly expression_type: "timespan";
      readonly begin_nsec: number | bigint;
      readonly end_nsec: number | bigint;
    }
  | { readonly expression_type: "region"; readonly encoded: string }
  | { readonly expression_type: "dimension_key"; readonly dimension: string }
  | { readonly expression_type: "dimension_field"; readonly element: string; readonly field: string }
  | { readonly expression_type: "dataset_field"; readonly dataset_type: string; readonly field: string }
  | {
      readonly expression_type: "unary";
      readonly operand: WireExpression;
      readonly operator: "-" | "begin_of" | "end_of";
    }
  | {
      readonly expression_type: "binary";
      readonly a: WireExpression;
      readonly b: WireExpression;
      readonly operator: "+" | "-" | "*" | "/" | "%";
    }
  | { readonly expression_type: "reversed"; readonly operand: WireExpression };

/** Schema of an expression of the original's query tree. */
export const wireExpression: z.ZodType<WireExpression> = z.lazy(() =>
  z.discriminatedUnion("expression_type", [
    z.object({ expression_type: z.literal("int"), value: nanoseconds }),
    z.object({ expression_type: z.literal("string"), value: z.string() }),
    z.object({ expression_type: z.literal("float"), value: z.number() }),
    z.object({ expression_type: z.literal("uuid"), value: z.uuid() }),
    z.object({ expression_type: z.literal("datetime"), nsec: nanoseconds }),
    z.object({ expression_type: z.literal("timespan"), begin_nsec: nanoseconds, end_nsec: nanoseconds }),
    z.object({ expression_type: z.literal("region"), encoded: z.string() }),
    z.object({ expression_type: z.literal("dimension_key"), dimension: name }),
    z.object({ expression_type: z.literal("dimension_field"), element: name, field: name }),
    z.object({ expression_type: z.literal("dataset_field"), dataset_type: name, field: name }),
    z.object({
      expression_type: z.literal("unary"),
      operand: wireExpression,
      operator: z.enum(["-", "begin_of", "end_of"]),
    }),
    z.object({
      expression_type: z.literal("binary"),
      a: wireExpression,
      b: wireExpression,
      operator: z.enum(["+", "-", "*", "/", "%"]),
    }),
    z.object({ expression_type: z.literal("reversed"), operand: wireExpression }),
  ]),
);

/** A leaf of the original's serialized predicate. */
export type WirePredicate =
  | {
      readonly predicate_type: "comparison";
      readonly a: WireExpression;
      readonly b: WireExpression;
      readonly operator: "==" | "!=" | "<" | ">" | ">=" | "<=" | "overlaps" | "glob";
    }
  | { readonly predicate_type: "is_null"; readonly operand: WireExpression }
  | { readonly predicate_type: "boolean_wrapper"; readonly operand: WireExpression }
  | {
      readonly predicate_type: "in_container";
      readonly member: WireExpression;
      readonly container: readonly WireExpression[];
    }
  | {
      readonly predicate_type: "in_range";
      readonly member: WireExpression;
      readonly start: number;
      readonly stop?: number | null | undefined;
      readonly step: number;
    }
  | { readonly predicate_type: "in_query" }
  | { readonly predicate_type: "not"; readonly operand: WirePredicate };

const wirePredicate: z.ZodType<WirePredicate> = z.lazy(() =>
  z.discriminatedUnion("predicate_type", [
    z.object({
      predicate_type: z.literal("comparison"),
      a: wireExpression,
      b: wireExpression,
      operator: z.enum(["==", "!=", "<", ">", ">=", "<=", "overlaps", "glob"]),
    }),
    z.object({ predicate_type: z.literal("is_null"), operand: wireExpression }),
    z.object({ predicate_type: z.literal("boolean_wrapper"), operand: wireExpression }),
    z.object({
      predicate_type: z.literal("in_container"),
      member: wireExpression,
      container: z.array(wireExpression).max(100_000),
    }),
    z.object({
      predicate_type: z.literal("in_range"),
      member: wireExpression,
      start: whole.default(0),
      stop: whole.nullish(),
      step: whole.min(1).default(1),
    }),
    z.object({ predicate_type: z.literal("in_query") }),
    z.object({ predicate_type: z.literal("not"), operand: wirePredicate }),
  ]),
);

/** Schema of the original's serialized query tree: dimensions, dataset searches, and a conjunction of disjunctions. */
export const wireQueryTree = z.object({
  dimensions: z.array(name),
  datasets: z.record(name, z.object({ collections: z.array(name), dimensions: z.array(name) })).default({}),
  any_dataset: z.unknown().optional(),
  data_coordinate_uploads: z.record(z.string(), z.unknown()).default({}),
  materializations: z.record(z.string(), z.unknown()).default({}),
  predicate: z.object({ operands: z.array(z.array(wirePredicate)) }).default({ operands: [] }),
});

/** An expression in this program's language with the values it binds. */
export interface Condition {
  readonly where?: string;
  readonly bind: Readonly<Record<string, BindValue>>;
}

/** Says that a query cannot be answered here, as the original says it. */
export function unsupportedQuery(what: string): AlmagestError {
  return new AlmagestError("BUTLER.QUERY_UNSUPPORTED", `This server does not answer ${what}.`);
}

const OPERATORS = {
  "==": "=",
  "!=": "!=",
  "<": "<",
  ">": ">",
  ">=": ">=",
  "<=": "<=",
  overlaps: "OVERLAPS",
} as const;

/** Identifiers of the original are words; anything else could change what the expression means. */
function identifier(...words: readonly string[]): string {
  const odd = words.find((word) => !/^[A-Za-z_]\w*$/.test(word));
  if (odd === undefined) return words.join(".");
  throw new AlmagestError("BUTLER.QUERY_INVALID", `'${odd.slice(0, 80)}' is no name.`);
}

/** Writes expressions of the original's query tree as text of this program's language; values are bound, never written. */
export function createExpressionWriter(): {
  readonly bind: Record<string, BindValue>;
  write(expression: WireExpression): string;
} {
  const bind: Record<string, BindValue> = {};
  const bound = (value: BindValue): string => {
    const key = `wire_${Object.keys(bind).length}`;
    bind[key] = value;
    return `:${key}`;
  };
  const write = (expression: WireExpression): string => {
    switch (expression.expression_type) {
      case "int":
        return String(expression.value);
      case "float": {
        const text = String(expression.value);
        return /[.e]/.test(text) ? text : `${text}.0`;
      }
      case "string":
        return bound(expression.value);
      case "uuid":
        return `UUID('${expression.value}')`;
      case "datetime":
        return `T'isot/${taiNsToIso(BigInt(expression.nsec), "tai", 9).replace(/Z$/, "")}/tai'`;
      case "timespan":
        return bound(timespanFromBounds(BigInt(expression.begin_nsec), BigInt(expression.end_nsec)));
      case "region":
        return bound(Uint8Array.fromBase64(expression.encoded));
      case "dimension_key":
        return identifier(expression.dimension);
      case "dimension_field":
        return identifier(expression.element, expression.field);
      case "dataset_field":
        return identifier("dataset", expression.field);
      case "unary":
        if (expression.operator === "-") return `(-${write(expression.operand)})`;
        return `${write(expression.operand)}.${expression.operator === "begin_of" ? "begin" : "end"}`;
      case "binary":
        return `(${write(expression.a)} ${expression.operator} ${write(expression.b)})`;
      case "reversed":
        return `-${write(expression.operand)}`;
    }
  };
  return { bind, write };
}

function writeLeaf(leaf: WirePredicate, write: (expression: WireExpression) => string): string {
  switch (leaf.predicate_type) {
    case "comparison":
      if (leaf.operator === "glob") return `GLOB(${write(leaf.a)}, ${write(leaf.b)})`;
      return `(${write(leaf.a)} ${OPERATORS[leaf.operator]} ${write(leaf.b)})`;
    case "is_null":
      return `(${write(leaf.operand)} = NULL)`;
    case "boolean_wrapper":
      return write(leaf.operand);
    case "in_container":
      if (leaf.container.length === 0) return "(0 = 1)";
      return `(${write(leaf.member)} IN (${leaf.container.map(write).join(", ")}))`;
    case "in_range": {
      const { start, stop, step } = leaf;
      if (stop === null || stop === undefined) {
        if (step !== 1) throw unsupportedQuery("ranges without an end and with a step");
        return `(${write(leaf.member)} >= ${start})`;
      }
      if (stop <= start) return "(0 = 1)";
      return `(${write(leaf.member)} IN (${start}..${stop - 1}:${step}))`;
    }
    case "in_query":
      throw unsupportedQuery("queries within queries");
    case "not":
      return `(NOT ${writeLeaf(leaf.operand, write)})`;
  }
}

/** The predicate of a query tree as a condition of this program's language. Throws `BUTLER.QUERY_UNSUPPORTED`. */
export function conditionOf(operands: readonly (readonly WirePredicate[])[]): Condition {
  const { bind, write } = createExpressionWriter();
  const terms = operands.map((group) =>
    group.length === 0 ? "(0 = 1)" : `(${group.map((leaf) => writeLeaf(leaf, write)).join(" OR ")})`,
  );
  return terms.length === 0 ? { bind } : { where: terms.join(" AND "), bind };
}
