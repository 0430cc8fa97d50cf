import { AlmagestError } from "@almagest/base";
import type { Dialect, SqlValue } from "@almagest/database";
import { encodeTimespan, timespanColumns, timespanFromBounds } from "../repository/sql-codec.ts";
import type { DimensionRecord, Timespan } from "../types.ts";
import type { DimensionColumn, DimensionElement } from "./dimension-element.ts";

function invalid(element: DimensionElement, column: DimensionColumn, problem: string): AlmagestError {
  return new AlmagestError(
    "BUTLER.RECORD_INVALID",
    `The record of ${element.name} has ${problem} for '${column.name}' (${column.type}).`,
    { fields: { element: element.name, field: column.name } },
  );
}

/** The value of a record's field; a dimension's own name stands for its key (`visit` for `id`). */
function fieldOf(element: DimensionElement, column: DimensionColumn, record: DimensionRecord): unknown {
  const value = record[column.name];
  if (value !== undefined) return value;
  return column.role === "key" ? record[element.name] : undefined;
}

function encodeValue(element: DimensionElement, column: DimensionColumn, value: unknown): SqlValue {
  switch (column.type) {
    case "string":
      if (typeof value !== "string") break;
      if (value === "" && column.length !== undefined && column.length <= 32)
        throw invalid(element, column, "an empty text");
      if (column.length !== undefined && value.length > column.length)
        throw invalid(element, column, `a text longer than ${column.length}`);
      return value;
    case "int":
      if (typeof value === "bigint") return value;
      if (typeof value === "number" && Number.isSafeInteger(value)) return value;
      break;
    case "float":
      if (typeof value === "number") return Number.isNaN(value) ? null : value;
      if (typeof value === "bigint") return Number(value);
      break;
    case "bool":
      if (typeof value === "boolean") return value;
      if (value === 0 || value === 1) return value === 1;
      break;
    case "hash":
    case "region":
      if (value instanceof Uint8Array) return value.toBase64();
      break;
    case "timespan":
      break;
  }
  throw invalid(element, column, `${String(value)}, which does not fit,`);
}

/** Columns of an element's table as the database has them. */
export function physicalColumns(element: DimensionElement, dialect: Dialect): string[] {
  return element.columns.flatMap((column) =>
    column.type === "timespan" ? timespanColumns(dialect) : [column.name],
  );
}

/** A record as a row for `physicalColumns`. Throws `BUTLER.RECORD_INVALID`. */
export function encodeRecord(
  element: DimensionElement,
  record: DimensionRecord,
  dialect: Dialect,
): SqlValue[] {
  return element.columns.flatMap((column) => {
    const value = fieldOf(element, column, record) ?? null;
    if (value === null && !column.nullable) throw invalid(element, column, "no value");
    if (column.type === "timespan") return encodeTimespan(dialect, value as Timespan | null);
    return value === null ? [null] : [encodeValue(element, column, value)];
  });
}

/** A record from a row of its columns, where a time span takes two (begin, end); integers may be bigints. */
export function decodeRecord(
  element: DimensionElement,
  row: readonly SqlValue[],
  start = 0,
): DimensionRecord {
  const record: Record<string, DimensionRecord[string]> = {};
  let slot = start;
  for (const column of element.columns) {
    const value = row[slot++]!;
    if (column.type === "timespan") {
      const end = row[slot++]!;
      record[column.name] =
        value === null || end === null
          ? null
          : timespanFromBounds(BigInt(value as bigint | number), BigInt(end as bigint | number));
    } else {
      record[column.name] = value === null ? null : decodeValue(column, value);
    }
  }
  return record;
}

function decodeValue(column: DimensionColumn, value: SqlValue): DimensionRecord[string] {
  switch (column.type) {
    case "int": {
      const integer = Number(value);
      return Number.isSafeInteger(integer) ? integer : (value as bigint);
    }
    case "bool":
      return Boolean(Number(value));
    case "float":
      return Number(value);
    case "hash":
    case "region":
      return decodeBase64(value as string);
    default:
      return value as string;
  }
}

/** Region bytes; several encoded regions joined by `:` read as a union, and an empty text as an empty union. */
function decodeBase64(text: string): Uint8Array {
  if (text === "") return Uint8Array.of(0x75);
  if (!text.includes(":")) return Uint8Array.fromBase64(text);
  const parts = text.split(":").map((part) => Uint8Array.fromBase64(part));
  const union = new Uint8Array(parts.reduce((sum, part) => sum + 8 + part.length, 1));
  const view = new DataView(union.buffer);
  union[0] = 0x75;
  let offset = 1;
  for (const part of parts) {
    view.setBigUint64(offset, BigInt(part.length), true);
    union.set(part, offset + 8);
    offset += 8 + part.length;
  }
  return union;
}
