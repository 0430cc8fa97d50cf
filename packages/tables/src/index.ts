export type { Column, ColumnData, Table } from "./table.ts";
