import { parse } from "yaml";
import { storageKind } from "./parquet-schema.ts";
import type { Column, Table } from "./table.ts";

/** What a header says of one column beyond its values. */
export interface ColumnMeta {
  readonly unit?: string;
  readonly doc?: string;
}

/** The header of a table file: column notes by name, and the table's own metadata. */
export interface TableMeta {
  readonly columns: ReadonlyMap<
    string,
    ColumnMeta & { readonly datatype?: string; readonly subtype?: string }
  >;
  readonly metadata: Readonly<Record<string, string>>;
}

/** astropy's name of a column's data type. */
function astropyDatatype(column: Column): string {
  const kind = storageKind(column);
  if (kind === "logical") return "bool";
  return kind === "BigInt64" ? "int64" : kind.toLowerCase();
}

/** The header that astropy keeps with its tables (YAML, one line of JSON per column). */
export function encodeTableMeta(table: Table): string {
  const lines = ["datatype:"];
  for (const [name, column] of table.columns) {
    const entry = {
      name,
      ...(column.unit ? { unit: column.unit } : {}),
      datatype: astropyDatatype(column),
      ...(column.doc ? { description: column.doc } : {}),
    };
    lines.push(`- ${JSON.stringify(entry)}`);
  }
  if (Object.keys(table.metadata).length > 0) lines.push(`meta: ${JSON.stringify(table.metadata)}`);
  return lines.join("\n");
}

/** Reads such a header; what it cannot tell stays absent. Values of `meta` that are no plain text become JSON text. */
export function decodeTableMeta(text: string): TableMeta {
  const document: unknown = parse(text, { logLevel: "silent", customTags: ["omap"], mapAsMap: false });
  const columns = new Map<string, ColumnMeta>();
  const root = (document ?? {}) as { datatype?: unknown; meta?: unknown };
  for (const entry of Array.isArray(root.datatype) ? root.datatype : []) {
    const { name, unit, description } = entry as Record<string, unknown>;
    if (typeof name !== "string") continue;
    columns.set(name, {
      ...(typeof unit === "string" ? { unit } : {}),
      ...(typeof description === "string" ? { doc: description } : {}),
    });
  }
  const metadata: Record<string, string> = {};
  const pairs = root.meta instanceof Map ? root.meta : Object.entries(root.meta ?? {});
  for (const [key, value] of pairs as Iterable<[string, unknown]>) {
    if (key.startsWith("__")) continue;
    metadata[key] = typeof value === "string" ? value : JSON.stringify(value);
  }
  return { columns, metadata };
}
