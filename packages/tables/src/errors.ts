/** Error codes of this room, each with what it means and what to do. */
export const TABLES_ERRORS: Readonly<Record<string, string>> = {
  "TABLES.COLUMN_MISSING": "A table has no column of that name. The message lists the nearest names it has.",
  "TABLES.COLUMN_LENGTH": "Columns of one table differ in length. Give every column the same number of rows.",
  "TABLES.COLUMN_EXISTS": "Two columns would have the same name. Rename one of them first.",
  "TABLES.COLUMN_TYPE": "Columns that should be stacked or joined hold different types. Convert one of them.",
  "TABLES.ECSV_INVALID": "A file is not an ECSV table, or holds a kind of column that is not known here.",
  "TABLES.ROW_GROUP_MISSING":
    "A Parquet file has fewer row groups than were asked for. The message says how many.",
  "TABLES.PARQUET_INVALID": "A file is not Parquet, or is damaged. Copy or make it again.",
  "TABLES.PARQUET_UNSUPPORTED":
    "A Parquet column holds something a table cannot (structs, maps, lists of varying length). Read the other columns by name.",
};
