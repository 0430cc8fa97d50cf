import { blake2b } from "@noble/hashes/blake2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { ColumnSpec, ForeignKeySpec, TableSpec } from "./table-spec.ts";

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

/** How PostgreSQL spells a column's type. */
export function columnTypePostgres(item: ColumnSpec): string {
  const isShort = item.kind === "string" && item.length !== undefined && item.length <= 32;
  return item.kind !== "string" ? TYPES[item.kind] : isShort ? `VARCHAR(${item.length})` : "TEXT";
}

function columnLine(item: ColumnSpec): string {
  const type = columnTypePostgres(item);
  const fallback = item.kind === "timespan" && !item.nullable ? " DEFAULT '(,)'::int8range" : "";
  return `${quote(item.name)} ${type}${fallback}${item.nullable ? "" : " NOT NULL"}`;
}

/** Name and text of a constraint that refers to another table. */
export function foreignKeyPostgres(spec: TableSpec, key: ForeignKeySpec): { name: string; clause: string } {
  const name = shortenName(["fkey", spec.name, key.table, ...key.target, ...key.columns].join("_"));
  const target = `${quote(key.table)} (${list(key.target)})${key.cascade ? " ON DELETE CASCADE" : ""}`;
  return { name, clause: `FOREIGN KEY (${list(key.columns)}) REFERENCES ${target}` };
}

/** The statements that make a table's indexes, where they are not there. */
export function indexesPostgres(spec: TableSpec): string[] {
  const index = (kind: string, names: readonly string[]): string => {
    const name = shortenName(`${spec.name}_${kind}_${names.join("_")}`);
    return `CREATE INDEX IF NOT EXISTS ${name} ON ${quote(spec.name)} (${list(names)})`;
  };
  return [
    ...spec.foreignKeys.filter(({ indexed }) => indexed).map(({ columns }) => index("fkidx", columns)),
    ...spec.indexes.map((names) => index("idx", names)),
  ];
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
    const { name, clause } = foreignKeyPostgres(spec, key);
    lines.push(`CONSTRAINT ${name} ${clause}`);
  }
  const sequences = spec.columns
    .filter((item) => item.kind === "serial")
    .map((item) => `CREATE SEQUENCE ${sequenceName(spec.name, item.name)}`);
  const create = `CREATE TABLE ${quote(spec.name)} (\n\t${lines.join(",\n\t")}\n)`;
  return [...sequences, create, ...indexesPostgres(spec)];
}
