import { type Database, joinSql, type Row, rawSql, type Sql, type SqlValue, sql } from "@almagest/database";

/** A column and its type, which PostgreSQL must be told. */
export type Columns = Readonly<Record<string, "bigint" | "integer" | "text" | "double precision">>;

/** Values as the text of a PostgreSQL array: one parameter carries a whole column of a batch. */
export function arrayLiteral(values: readonly SqlValue[]): string {
  let text = "{";
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (index > 0) text += ",";
    if (value === null) text += "NULL";
    else if (typeof value === "string")
      text += `"${value.replace(/\0/g, "\ufffd").replace(/["\\]/g, "\\$&")}"`;
    else text += String(value);
  }
  return `${text}}`;
}

/** A batch of rows as a table that PostgreSQL can join with. */
function unnest(columns: Columns, rows: readonly (readonly SqlValue[])[]): Sql {
  const parts = Object.values(columns).map(
    (type, index) => sql`${arrayLiteral(rows.map((row) => row[index]!))}::${rawSql(type)}[]`,
  );
  return sql`unnest(${joinSql(parts)})`;
}

/** Lists come in few lengths (the last id repeated), so that SQLite prepares few statements. */
const LENGTHS = [1, 8, 64, 512] as const;

/** Rows of `head … WHERE column = one of the ids`; `head` ends with the column's name. */
export async function selectByIds(db: Database, head: Sql, ids: readonly number[]): Promise<Row[]> {
  if (ids.length === 0) return [];
  if (db.dialect === "postgresql") return db.rows(sql`${head} = ANY (${arrayLiteral(ids)}::bigint[])`);
  const found: Row[] = [];
  for (let start = 0; start < ids.length; start += 512) {
    const part = ids.slice(start, start + 512);
    const length = LENGTHS.find((size) => size >= part.length)!;
    while (part.length < length) part.push(part.at(-1)!);
    found.push(...(await db.rows(sql`${head} IN (${joinSql(part)})`)));
  }
  return found;
}

/** Inserts new rows in one statement (on SQLite one prepared statement). */
export async function insertRows(
  db: Database,
  table: string,
  columns: Columns,
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const names = Object.keys(columns);
  if (db.dialect === "sqlite") await db.insertMany(table, names, rows);
  else
    await db.run(
      sql`INSERT INTO ${rawSql(table)} (${rawSql(names.join(", "))}) SELECT * FROM ${unnest(columns, rows)}`,
    );
}

/** Rewrites existing rows, found by their first column, in one statement. */
export async function updateRows(
  db: Database,
  table: string,
  columns: Columns,
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const [key, ...rest] = Object.keys(columns) as [string, ...string[]];
  if (db.dialect === "postgresql") {
    const sets = rawSql(rest.map((name) => `${name} = batch.${name}`).join(", "));
    const names = rawSql([key, ...rest].join(", "));
    const to = rawSql(table);
    const id = rawSql(key);
    await db.run(
      sql`UPDATE ${to} SET ${sets} FROM ${unnest(columns, rows)} AS batch (${names}) WHERE ${to}.${id} = batch.${id}`,
    );
    return;
  }
  const head = `UPDATE ${table} SET ${rest.map((name) => `${name} = `).join("?, ")}`.split("?");
  for (const row of rows) {
    await db.run({ texts: [...head, ` WHERE ${key} = `, ""], values: [...row.slice(1), row[0]!] });
  }
}

/** Deletes the rows that have these values in the columns named. */
export async function deleteRows(
  db: Database,
  table: string,
  columns: Columns,
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const names = Object.keys(columns);
  const head = `DELETE FROM ${table}`;
  if (db.dialect === "postgresql") {
    const same = names.map((name) => `${table}.${name} = batch.${name}`).join(" AND ");
    const batch = sql`${unnest(columns, rows)} AS batch (${rawSql(names.join(", "))})`;
    await db.run(sql`${rawSql(head)} USING ${batch} WHERE ${rawSql(same)}`);
    return;
  }
  const texts = `${head} WHERE ${names.map((name) => `${name} = ?`).join(" AND ")}`.split("?");
  for (const row of rows) await db.run({ texts, values: row });
}
