import { TAI_NS_MAX } from "@almagest/sphere";
import type { ColumnSpec, TableSpec } from "./table-spec.ts";

const RESERVED = new Set(["group"]);

function quote(name: string): string {
  return RESERVED.has(name) ? `"${name}"` : name;
}

function list(names: readonly string[]): string {
  return names.map(quote).join(", ");
}

/** A timespan takes two columns here. */
function physicalNames(spec: TableSpec, names: readonly string[]): string[] {
  return names.flatMap((name) =>
    spec.columns.find((item) => item.name === name)?.kind === "timespan"
      ? ["timespan_begin", "timespan_end"]
      : [name],
  );
}

const TYPES: Readonly<Record<Exclude<ColumnSpec["kind"], "string" | "timespan">, string>> = {
  text: "TEXT",
  smallint: "SMALLINT",
  bigint: "BIGINT",
  serial: "INTEGER",
  float: "FLOAT",
  boolean: "BOOLEAN",
  uuid: "CHAR(32)",
};

function isCheckedString(item: ColumnSpec): boolean {
  return item.kind === "string" && item.length !== undefined && item.length <= 32;
}

function columnLines(item: ColumnSpec): string[] {
  const suffix = item.nullable ? "" : " NOT NULL";
  if (item.kind === "timespan") {
    const [begin, end] = item.nullable ? ["", ""] : [" DEFAULT 0", ` DEFAULT ${TAI_NS_MAX}`];
    return [`timespan_begin BIGINT${begin}${suffix}`, `timespan_end BIGINT${end}${suffix}`];
  }
  const type =
    item.kind !== "string" ? TYPES[item.kind] : isCheckedString(item) ? `VARCHAR(${item.length})` : "TEXT";
  return [`${quote(item.name)} ${type}${suffix}`];
}

/** The statements that make one table and its indexes in SQLite, worded as the original words them. */
export function createTableSqlite(spec: TableSpec): string[] {
  const lines = spec.columns.flatMap(columnLines);
  lines.push(`PRIMARY KEY (${list(spec.primaryKey)})`);
  for (const item of spec.columns.filter(isCheckedString)) {
    lines.push(
      `CONSTRAINT ${spec.name}_len_${item.name} CHECK (length("${item.name}")<=${item.length} AND length("${item.name}")>=1)`,
    );
  }
  for (const names of spec.unique) {
    lines.push(`CONSTRAINT ${spec.name}_unq_${names.join("_")} UNIQUE (${list(names)})`);
  }
  for (const key of spec.foreignKeys) {
    const name = ["fkey", spec.name, key.table, ...key.target, ...key.columns].join("_");
    lines.push(
      `CONSTRAINT ${name} FOREIGN KEY(${list(key.columns)}) REFERENCES ${quote(key.table)} (${list(key.target)})${key.cascade ? " ON DELETE CASCADE" : ""}`,
    );
  }
  const statements = [`CREATE TABLE ${quote(spec.name)} (\n\t${lines.join(", \n\t")}\n)`];
  const index = (kind: string, names: readonly string[]): void => {
    const columns = physicalNames(spec, names);
    statements.push(
      `CREATE INDEX ${spec.name}_${kind}_${columns.join("_")} ON ${quote(spec.name)} (${list(columns)})`,
    );
  };
  for (const key of spec.foreignKeys) if (key.indexed) index("fkidx", key.columns);
  for (const names of spec.indexes) index("idx", names);
  return statements;
}
