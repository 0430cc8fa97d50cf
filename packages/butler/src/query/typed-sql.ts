import type { Sql } from "@almagest/database";

/** Type of a single value in an expression. */
export type ScalarType = "int" | "float" | "string" | "bool" | "time" | "uuid";

/** A compiled part of an expression: its SQL and its type. */
export type TypedSql =
  | { readonly type: ScalarType; readonly sql: Sql; readonly literal?: string | number | bigint }
  | { readonly type: "timespan"; readonly begin: Sql; readonly end: Sql }
  | {
      readonly type: "region";
      readonly sql: Sql;
      /** The element whose region this is. */
      readonly element?: string;
      /** Base64 of a constant region. */
      readonly literal?: string;
    }
  | { readonly type: "null" };

/** Name of a type as an error says it. */
export function typeName(value: TypedSql): string {
  return value.type === "uuid" ? "UUID" : value.type === "bool" ? "truth value" : value.type;
}

/** True for numbers. */
export function isNumeric(value: TypedSql): value is TypedSql & { type: "int" | "float"; sql: Sql } {
  return value.type === "int" || value.type === "float";
}
