import type { Row } from "./database.ts";
import { type Sql, sql } from "./sql.ts";

/** Types of a table's columns, in their order; empty where there is no such table. */
export type TypesByColumn = ReadonlyMap<string, string>;

/** Columns of all tables beside the named one: a program that writes to one writes to more. */
const ofSchema = (
  table: string,
): Sql => sql`SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v')
AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass(quote_ident(${table})))
ORDER BY c.oid, a.attnum`;

const ofTable = (
  table: string,
): Sql => sql`SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute
WHERE attnum > 0 AND NOT attisdropped AND attrelid = to_regclass(quote_ident(${table})) ORDER BY attnum`;

/** What types the columns of PostgreSQL's tables have, asked once for a whole schema and kept. */
export class ColumnTypes {
  readonly #ask: (query: Sql) => Promise<Row[]>;
  readonly #tables = new Map<string, Promise<TypesByColumn>>();
  #schema: Promise<void> | undefined;

  constructor(ask: (query: Sql) => Promise<Row[]>) {
    this.#ask = ask;
  }

  /** Types of a table, from memory where they are known. */
  async of(table: string): Promise<TypesByColumn> {
    if (!this.#tables.has(table)) {
      this.#schema ??= this.#askSchema(table);
      await this.#schema;
    }
    return this.#tables.get(table) ?? this.fresh(table);
  }

  /** Types of a table as they are now. */
  fresh(table: string): Promise<TypesByColumn> {
    const types = this.#ask(ofTable(table)).then((rows) => new Map(rows as [string, string][]));
    this.#tables.set(table, types);
    types.then(
      (found) => found.size === 0 && this.#tables.delete(table),
      () => this.#tables.delete(table),
    );
    return types;
  }

  /** Forgets all: tables may have changed. */
  clear(): void {
    this.#tables.clear();
    this.#schema = undefined;
  }

  async #askSchema(table: string): Promise<void> {
    const found = new Map<string, Map<string, string>>();
    try {
      for (const [name, column, type] of (await this.#ask(ofSchema(table))) as [string, string, string][]) {
        if (!found.has(name)) found.set(name, new Map());
        found.get(name)!.set(column, type);
      }
    } catch (error) {
      this.#schema = undefined;
      throw error;
    }
    for (const [name, types] of found)
      if (!this.#tables.has(name)) this.#tables.set(name, Promise.resolve(types));
  }
}
