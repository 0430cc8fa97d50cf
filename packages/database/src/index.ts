/** @module SQLite and PostgreSQL under one small layer: safe SQL text, queries, bulk inserts, transactions. */
export type { Database, OnConflict, QuerySettings, Row } from "./database.ts";
export { DATABASE_ERRORS } from "./errors.ts";
export { isOnLocalFileSystem } from "./local-file-system.ts";
export { openPostgres, type PostgresOptions } from "./open-postgres.ts";
export { openSqlite, type SqliteOptions } from "./open-sqlite.ts";
export { type ColumnRequest, type ColumnValues, type ReadColumns, readColumns } from "./read-columns.ts";
export {
  compileSql,
  type Dialect,
  identifier,
  joinSql,
  quoteIdentifier,
  rawSql,
  type Sql,
  type SqlValue,
  sql,
} from "./sql.ts";
export type { TransactionOptions } from "./transaction-options.ts";
