import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { OnConflict } from "./database.ts";
import { conflictClause, insertHead } from "./insert-sql.ts";
import type { SqlValue } from "./sql.ts";

const CACHED_STATEMENTS = 256;
const ROWS_PER_INSERT = 32;

type Bindable = null | number | bigint | string | Uint8Array;

/** A value as SQLite takes it. */
export function bindable(value: SqlValue): Bindable {
  return typeof value === "boolean" ? (value ? 1 : 0) : value;
}

/** The prepared statements of a connection, those used last. */
export class SqliteStatements {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** The statement of a text. */
  prepare(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#db.prepare(text);
      if (this.#statements.size >= CACHED_STATEMENTS) {
        this.#statements.delete(this.#statements.keys().next().value!);
      }
    } else {
      this.#statements.delete(text);
    }
    this.#statements.set(text, statement);
    return statement;
  }

  /** Inserts rows, many with each step; gives the number inserted or changed. */
  insert(
    table: string,
    columns: readonly string[],
    list: readonly (readonly SqlValue[])[],
    onConflict: OnConflict,
  ): number {
    const head = insertHead(table, columns);
    const tail = conflictClause(columns, onConflict);
    const tuple = `(${columns.map(() => "?").join(", ")})`;
    let changes = 0;
    let index = 0;
    if (list.length >= ROWS_PER_INSERT) {
      const statement = this.prepare(`${head} ${Array(ROWS_PER_INSERT).fill(tuple).join(", ")}${tail}`);
      const values: Bindable[] = new Array(ROWS_PER_INSERT * columns.length);
      for (; index + ROWS_PER_INSERT <= list.length; index += ROWS_PER_INSERT) {
        let slot = 0;
        for (let offset = 0; offset < ROWS_PER_INSERT; offset++) {
          for (const value of list[index + offset]!) values[slot++] = bindable(value);
        }
        changes += Number(statement.run(...values).changes);
      }
    }
    const statement = this.prepare(`${head} ${tuple}${tail}`);
    for (; index < list.length; index++) {
      changes += Number(statement.run(...list[index]!.map(bindable)).changes);
    }
    return changes;
  }

  /** Forgets all of them. */
  clear(): void {
    this.#statements.clear();
  }
}
