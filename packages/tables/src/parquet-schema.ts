import { AlmagestError } from "@almagest/base";
import type { SchemaElement, SchemaTree } from "hyparquet";
import type { Column, ColumnData } from "./table.ts";

/** How a column is stored in Parquet and held in memory. */
export type StorageKind =
  | "Float64"
  | "Float32"
  | "Int8"
  | "Int16"
  | "Int32"
  | "BigInt64"
  | "Uint8"
  | "Uint16"
  | "Uint32"
  | "string"
  | "logical";

const LEAVES: Readonly<Record<StorageKind, Omit<SchemaElement, "name">>> = {
  Float64: { type: "DOUBLE" },
  Float32: { type: "FLOAT" },
  Int8: { type: "INT32", converted_type: "INT_8" },
  Int16: { type: "INT32", converted_type: "INT_16" },
  Int32: { type: "INT32" },
  BigInt64: { type: "INT64" },
  Uint8: { type: "INT32", converted_type: "UINT_8" },
  Uint16: { type: "INT32", converted_type: "UINT_16" },
  Uint32: { type: "INT32", converted_type: "UINT_32" },
  string: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  logical: { type: "BOOLEAN" },
};

/** The storage kind of a column. */
export function storageKind(column: Column): StorageKind {
  if (column.logical) return "logical";
  if (Array.isArray(column.data)) return "string";
  return column.data.constructor.name.replace("Array", "") as StorageKind;
}

/** The Parquet schema elements of one column: a required leaf, or a required list of them for vectors. */
export function schemaElements(name: string, column: Column): SchemaElement[] {
  const leaf = LEAVES[storageKind(column)];
  if ((column.width ?? 1) === 1) return [{ name, repetition_type: "REQUIRED", ...leaf }];
  return [
    { name, repetition_type: "REQUIRED", converted_type: "LIST", num_children: 1 },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "REQUIRED", ...leaf },
  ];
}

/** A column to be read: its kind, and whether it is a list. */
export interface ColumnPlan {
  readonly kind: StorageKind;
  readonly list: boolean;
}

/** What a top-level column of a Parquet file becomes. Throws `TABLES.PARQUET_UNSUPPORTED` for structs, maps and nested lists. */
export function planColumn(node: SchemaTree): ColumnPlan {
  let leaf = node;
  let list = false;
  if (node.children.length === 1 && node.element.converted_type === "LIST") {
    list = true;
    leaf = node.children[0]!;
    if (leaf.children.length === 1) leaf = leaf.children[0]!;
  } else if (node.children.length === 0 && node.element.repetition_type === "REPEATED") list = true;
  if (leaf.children.length > 0) {
    throw new AlmagestError(
      "TABLES.PARQUET_UNSUPPORTED",
      `Column '${node.element.name}' is a struct, a map or a list of lists; read the other columns by name.`,
      { fields: { name: node.element.name } },
    );
  }
  return { kind: leafKind(leaf.element), list };
}

function leafKind(element: SchemaElement): StorageKind {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (converted === "DECIMAL" || logical?.type === "NULL") return "Float64";
  switch (type) {
    case "DOUBLE":
      return "Float64";
    case "FLOAT":
      return "Float32";
    case "INT64":
    case "INT96":
      return "BigInt64";
    case "BOOLEAN":
      return "logical";
    case "FIXED_LEN_BYTE_ARRAY":
      return logical?.type === "FLOAT16" ? "Float32" : "string";
    case "INT32": {
      const small = converted?.match(/^(U?)INT_(8|16|32)$/);
      if (small) return `${small[1] ? "Uint" : "Int"}${small[2]}` as StorageKind;
      if (logical?.type === "INTEGER" && logical.bitWidth < 64)
        return `${logical.isSigned ? "Int" : "Uint"}${logical.bitWidth}` as StorageKind;
      return "Int32";
    }
    default:
      return "string";
  }
}

const ALLOCATE: Readonly<Record<StorageKind, (length: number) => ColumnData>> = {
  Float64: (length) => new Float64Array(length),
  Float32: (length) => new Float32Array(length),
  Int8: (length) => new Int8Array(length),
  Int16: (length) => new Int16Array(length),
  Int32: (length) => new Int32Array(length),
  BigInt64: (length) => new BigInt64Array(length),
  Uint8: (length) => new Uint8Array(length),
  Uint16: (length) => new Uint16Array(length),
  Uint32: (length) => new Uint32Array(length),
  logical: (length) => new Uint8Array(length),
  string: (length) => new Array<string>(length).fill(""),
};

/** Room for `length` values of a kind. */
export function allocateKind(kind: StorageKind, length: number): ColumnData {
  return ALLOCATE[kind](length);
}
