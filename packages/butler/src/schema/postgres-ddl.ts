import { blake2b } from "@noble/hashes/blake2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { ColumnSpec, TableSpec } from "./table-spec.ts";

const RESERVED = new Set(["group", "position"]);
const MAX_NAME = 63;
const DIGEST_BYTES = 4;

function quote(name: string): string {
  return RESERVED.has(name) ? `"${name}"` : name;
}

function list(names: readonly string[]): string {
  return names.map(quote).join(", ");
}

/** A name as PostgreSQL can hold it: over 63 characters the original keeps the first 54 and adds a digest of the whole. */
export function shortenName(name: string): string {
  if (name.length <= MAX_NAME) return name;
  const digest = bytesToHex(blake2b(utf8ToBytes(name), { dkLen: DIGEST_BYTES }));
  return `${name.slice(0, MAX_NAME - 2 * DIGEST_BYTES - 1)}_${digest}`;
}

/** The sequence that numbers a `serial` column; the column itself has no default, as in the original. */
export function sequenceName(table: string, column: string): string {
  return `${table}_seq_${column}`;
}

const TYPES: Readonly<Record<Exclude<ColumnSpec["kind"], "string">, string>> = {
  text: "TEXT",
  smallint: "SMALLINT",
  bigint: "BIGINT",
  serial: "BIGINT",
  float: "DOUBLE PRECISION",
  boolean: "BOOLEAN",
  uuid: "UUID",
  timespan: "INT8RANGE",
};

function columnLine(item: ColumnSpec): string {
  const isShort = item.kind === "string" && item.length !== undefined && item.length <= 32;
  const type = item.kind !== "string" ? TYPES[item.kind] : isShort ? `VARCHAR(${item.length})` : "TEXT";
  const fallback = item.kind === "timespan" && !item.nullable ? " DEFAULT '(,)'::int8range" : "";
  return `${quote(item.name)} ${type}${fallback}${item.nullable ? "" : " NOT NULL"}`;
}

/** The statements that make one table, its sequences and indexes in PostgreSQL. */
export function createTablePostgres(spec: TableSpec): string[] {
  const lines = spec.columns.map(columnLine);
  lines.push(`PRIMARY KEY (${list(spec.primaryKey)})`);
  for (const names of spec.unique) {
    const name = shortenName(`${spec.name}_unq_${names.join("_")}`);
    lines.push(`CONSTRAINT ${name} UNIQUE (${list(names)})`);
  }
  for (const key of spec.foreignKeys) {
    const name = shortenName(["fkey", spec.name, key.table, ...key.target, ...key.columns].join("_"));
    lines.push(
      `CONSTRAINT ${name} FOREIGN KEY (${list(key.columns)}) REFERENCES ${quote(key.table)} (${list(key.target)})${key.cascade ? " ON DELETE CASCADE" : ""}`,
    );
  }
  const sequences = spec.columns
    .filter((item) => item.kind === "serial")
    .map((item) => `CREATE SEQUENCE ${sequenceName(spec.name, item.name)}`);
  const statements = [...sequences, `CREATE TABLE ${quote(spec.name)} (\n\t${lines.join(",\n\t")}\n)`];
  const index = (kind: string, names: readonly string[]): void => {
    const name = shortenName(`${spec.name}_${kind}_${names.join("_")}`);
    statements.push(`CREATE INDEX ${name} ON ${quote(spec.name)} (${list(names)})`);
  };
  for (const key of spec.foreignKeys) if (key.indexed) index("fkidx", key.columns);
  for (const names of spec.indexes) index("idx", names);
  return statements;
}
