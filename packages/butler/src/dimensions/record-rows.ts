import { identifier, joinSql, type Sql, type SqlValue, sql } from "@almagest/database";
import type { Repository } from "../repository/repository.ts";
import { timespanSql } from "../repository/sql-codec.ts";
import { keyColumns } from "../schema/element-tables.ts";
import type { DimensionElement } from "./dimension-element.ts";

const KEYS_PER_QUERY = 200;

/** The columns of an element's table as SQL, in the order `decodeRecord` expects. */
export function recordColumnsSql(repository: Repository, element: DimensionElement, alias: string): Sql {
  return joinSql(
    element.columns.flatMap((column) => {
      if (column.type !== "timespan") return [identifier(alias, column.name)];
      const { begin, end } = timespanSql(repository.db.dialect, `"${alias}"`);
      return [begin, end];
    }),
  );
}

/** Key of a row: its required values, which come first in every table. */
export function keyOfRow(element: DimensionElement, row: readonly SqlValue[]): SqlValue[] {
  return row.slice(0, element.required.length);
}

/** A key as text, for look-up. */
export function keyText(element: DimensionElement, key: readonly SqlValue[]): string {
  return `${element.name}\u0001${key.join("\u0001")}`;
}

/** Rows of an element with these keys, those that exist, for `decodeRecord`. */
export async function selectRows(
  repository: Repository,
  element: DimensionElement,
  keys: readonly (readonly SqlValue[])[],
): Promise<SqlValue[][]> {
  const { db } = repository;
  const table = identifier(element.name);
  const names = keyColumns(element).map((name) => identifier(element.name, name));
  const columns = recordColumnsSql(repository, element, element.name);
  const found: SqlValue[][] = [];
  for (let start = 0; start < keys.length; start += KEYS_PER_QUERY) {
    const piece = keys.slice(start, start + KEYS_PER_QUERY);
    const [first] = piece;
    const where =
      piece.length === 1
        ? joinSql(
            names.map((name, index) => sql`${name} = ${first![index]!}`),
            " AND ",
          )
        : sql`(${joinSql(names)}) IN (VALUES ${joinSql(piece.map((key) => sql`(${joinSql(key)})`))})`;
    // Times exceed 2^53.
    const bigInts = element.temporalFamily !== undefined;
    found.push(...(await db.rows(sql`SELECT ${columns} FROM ${table} WHERE ${where}`, { bigInts })));
  }
  return found;
}
