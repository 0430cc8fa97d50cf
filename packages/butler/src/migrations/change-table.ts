import { type Database, identifier, rawSql, sql } from "@almagest/database";
import { createTable } from "../schema/create-table.ts";
import { columnTypePostgres, foreignKeyPostgres, indexesPostgres } from "../schema/postgres-ddl.ts";
import type { TableSpec } from "../schema/table-spec.ts";

/** How the columns of a table's new form come from those of its old one. */
export interface ColumnChanges {
  /** New name to old name. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** SQL expressions of the old row for columns that are new (NULL unless given) or lacked values. */
  readonly values?: Readonly<Record<string, string>>;
}

/** Gives the table of a spec's name the columns, constraints and indexes of the spec. In a transaction; on SQLite foreign keys
 * must be off. */
export async function changeTable(db: Database, spec: TableSpec, changes: ColumnChanges = {}): Promise<void> {
  await (db.dialect === "sqlite" ? rebuild(db, spec, changes) : alter(db, spec, changes));
}

async function dropIndexes(db: Database, table: string): Promise<void> {
  const indexes = await db.rows(
    sql`SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ${table} AND sql IS NOT NULL`,
  );
  for (const [name] of indexes) await db.run(sql`DROP INDEX ${identifier(name as string)}`);
}

/** SQLite can change little of a table: a new one takes its place ("Making Other Kinds Of Table Schema Changes" of its
 * manual), without the references of other tables following the old one. */
async function rebuild(
  db: Database,
  spec: TableSpec,
  { renamed = {}, values = {} }: ColumnChanges,
): Promise<void> {
  const old = `${spec.name}_before_migration`;
  const known = (await db.columnNames(spec.name))!;
  await dropIndexes(db, spec.name);
  await db.script("PRAGMA legacy_alter_table = ON");
  await db.run(sql`ALTER TABLE ${identifier(spec.name)} RENAME TO ${identifier(old)}`);
  await db.script("PRAGMA legacy_alter_table = OFF");
  await createTable(db, spec);
  const columns = (await db.columnNames(spec.name))!;
  const expressions = columns.map((name) => {
    const source = renamed[name] ?? name;
    return values[name] ?? (known.includes(source) ? `"${source}"` : "NULL");
  });
  const names = columns.map((name) => `"${name}"`).join(", ");
  await db.run(
    sql`INSERT INTO ${identifier(spec.name)} (${rawSql(names)}) SELECT ${rawSql(expressions.join(", "))} FROM ${identifier(old)} AS ${identifier(spec.name)}`,
  );
  await db.run(sql`DROP TABLE ${identifier(old)}`);
}

async function constraintNames(db: Database, table: string, kind: "f" | "p"): Promise<string[]> {
  const rows = await db.rows(
    sql`SELECT conname::text FROM pg_constraint WHERE conrelid = ${`"${table}"`}::regclass AND contype = ${kind}`,
  );
  return rows.map(([name]) => name as string);
}

async function alter(
  db: Database,
  spec: TableSpec,
  { renamed = {}, values = {} }: ColumnChanges,
): Promise<void> {
  const table = `"${spec.name}"`;
  const run = (text: string): Promise<number> => db.run(rawSql(text));
  let known = (await db.columnNames(spec.name))!;
  for (const column of spec.columns) {
    const old = renamed[column.name];
    if (old !== undefined && known.includes(old))
      await run(`ALTER TABLE ${table} RENAME COLUMN "${old}" TO "${column.name}"`);
    else if (!known.includes(column.name))
      await run(`ALTER TABLE ${table} ADD COLUMN "${column.name}" ${columnTypePostgres(column)}`);
  }
  const filled = Object.entries(values).map(([name, value]) => `"${name}" = ${value}`);
  if (filled.length > 0) await run(`UPDATE ${table} SET ${filled.join(", ")}`);
  known = (await db.columnNames(spec.name))!;
  const wanted = new Set(spec.columns.map(({ name }) => name));
  const changes = [
    ...known.filter((name) => !wanted.has(name)).map((name) => `DROP COLUMN "${name}"`),
    ...spec.columns.flatMap((column) => [
      ...(column.kind === "string"
        ? [`ALTER COLUMN "${column.name}" TYPE ${columnTypePostgres(column)}`]
        : []),
      ...(column.nullable ? [] : [`ALTER COLUMN "${column.name}" SET NOT NULL`]),
    ]),
  ];
  await run(`ALTER TABLE ${table} ${changes.join(", ")}`);
  if ((await constraintNames(db, spec.name, "p")).length === 0) {
    const key = spec.primaryKey.map((name) => `"${name}"`).join(", ");
    await run(`ALTER TABLE ${table} ADD PRIMARY KEY (${key})`);
  }
  const present = new Set(await constraintNames(db, spec.name, "f"));
  for (const key of spec.foreignKeys) {
    const { name, clause } = foreignKeyPostgres(spec, key);
    if (!present.has(name)) await run(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${clause}`);
  }
  for (const statement of indexesPostgres(spec)) await run(statement);
}

/** Edits the text by which SQLite remembers some tables, and makes them anew by it: for widths and checks. */
export async function rewriteTables(
  db: Database,
  edit: (statement: string, table: string) => string,
): Promise<void> {
  const tables = await db.rows(
    sql`SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL`,
  );
  for (const [name, statement] of tables as [string, string][]) {
    const edited = edit(statement, name);
    if (edited === statement) continue;
    const indexes = await db.rows(
      sql`SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ${name} AND sql IS NOT NULL`,
    );
    const old = `${name}_before_migration`;
    await dropIndexes(db, name);
    await db.script("PRAGMA legacy_alter_table = ON");
    await db.run(sql`ALTER TABLE ${identifier(name)} RENAME TO ${identifier(old)}`);
    await db.script("PRAGMA legacy_alter_table = OFF");
    await db.script(edited);
    await db.run(sql`INSERT INTO ${identifier(name)} SELECT * FROM ${identifier(old)}`);
    await db.run(sql`DROP TABLE ${identifier(old)}`);
    for (const [text] of indexes) await db.script(text as string);
  }
}
