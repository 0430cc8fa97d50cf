/** @module Columnar tables in memory (`Table`), operations on them, and their files: Parquet and ECSV. */
export { concatTables } from "./concat-tables.ts";
export { type ColumnInput, createTable, getColumn, getNumbers } from "./create-table.ts";
export { formatEcsv, parseEcsv } from "./ecsv.ts";
export { TABLES_ERRORS } from "./errors.ts";
export { type JoinOptions, joinTables } from "./join-tables.ts";
export {
  type ParquetSummary,
  type ReadParquetOptions,
  readParquet,
  readParquetSummary,
} from "./read-parquet.ts";
export { dropColumns, renameColumns, selectColumns, withColumns, withMetadata } from "./select-columns.ts";
export type { Column, ColumnData, Table } from "./table.ts";
export { filterRows, sortRows, takeRows } from "./take-rows.ts";
export { encodeParquet, writeParquet } from "./write-parquet.ts";
