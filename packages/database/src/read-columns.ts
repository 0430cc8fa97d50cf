import type { Database, QuerySettings } from "./database.ts";
import { joinSql, quoteIdentifier, rawSql, type Sql, sql } from "./sql.ts";

/** A column to be read whole: its name in the query, and whether its texts, all of one length, are given as one text. */
export interface ColumnRequest {
  readonly name: string;
  readonly joined?: boolean;
}

/** A column: texts or integers below 2^53, or for `joined` one text. */
export type ColumnValues = readonly (string | number)[] | string;

/** A query's result by columns, in the order they were asked for. */
export interface ReadColumns {
  readonly rows: number;
  readonly columns: readonly ColumnValues[];
}

function aggregateSql({ name, joined }: ColumnRequest, db: Database): Sql {
  const column = rawSql(`q.${quoteIdentifier(name)}`);
  if (db.dialect === "sqlite")
    return joined ? sql`group_concat(${column}, '')` : sql`json_group_array(${column})`;
  return joined ? sql`string_agg(${column}, '')` : sql`json_agg(${column})::text`;
}

/**
 * Reads a query's result by columns, each put together by the database: a large result comes several times faster than
 * row by row. Undefined where it has more than `mostRows` rows. Values must not be null. The rows keep their order.
 */
export async function readColumns(
  db: Database,
  query: Sql,
  columns: readonly ColumnRequest[],
  settings: Pick<QuerySettings, "signal"> & { readonly mostRows: number },
): Promise<ReadColumns | undefined> {
  const { mostRows, ...rest } = settings;
  const wanted = joinSql([rawSql("count(*)"), ...columns.map((column) => aggregateSql(column, db))]);
  // The limit keeps SQLite from dropping the order of a query inside another.
  const few = sql`SELECT * FROM (${query}) p LIMIT ${mostRows + 1}`;
  const [row] = await db.rows(sql`SELECT ${wanted} FROM (${few}) q`, rest);
  const [count, ...texts] = row!;
  const rows = Number(count);
  if (rows > mostRows) return undefined;
  return {
    rows,
    columns: texts.map((text, index) => {
      if (columns[index]!.joined) return (text as string | null) ?? "";
      return JSON.parse((text as string | null) ?? "[]") as (string | number)[];
    }),
  };
}
