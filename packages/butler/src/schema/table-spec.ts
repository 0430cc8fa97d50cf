/** Logical type of a column; each database has its own spelling. */
export type ColumnKind =
  | "string"
  | "text"
  | "smallint"
  | "bigint"
  | "serial"
  | "float"
  | "boolean"
  | "uuid"
  | "timespan";

/** One column of a table. */
export interface ColumnSpec {
  readonly name: string;
  readonly kind: ColumnKind;
  /** For `string`: the longest value. Up to 32 it is a checked VARCHAR, beyond it is TEXT, as in the original. */
  readonly length?: number;
  readonly nullable: boolean;
}

/** A reference to another table's key. */
export interface ForeignKeySpec {
  readonly columns: readonly string[];
  readonly table: string;
  readonly target: readonly string[];
  readonly cascade: boolean;
  /** Make an index on the referring columns. */
  readonly indexed: boolean;
}

/** One table of the repository's schema, in the terms shared by both databases. */
export interface TableSpec {
  readonly name: string;
  readonly columns: readonly ColumnSpec[];
  readonly primaryKey: readonly string[];
  readonly unique: readonly (readonly string[])[];
  readonly foreignKeys: readonly ForeignKeySpec[];
  /** Extra indexes; `timespan` stands for its columns. */
  readonly indexes: readonly (readonly string[])[];
}

/** A column that must hold a value unless `nullable`. */
export function column(
  name: string,
  kind: ColumnKind,
  options: { readonly length?: number; readonly nullable?: boolean } = {},
): ColumnSpec {
  return {
    name,
    kind,
    ...(options.length === undefined ? {} : { length: options.length }),
    nullable: options.nullable ?? false,
  };
}

/** A foreign key, indexed unless told otherwise. */
export function foreignKey(
  columns: readonly string[],
  table: string,
  target: readonly string[],
  options: { readonly cascade?: boolean; readonly indexed?: boolean } = {},
): ForeignKeySpec {
  return { columns, table, target, cascade: options.cascade ?? false, indexed: options.indexed ?? true };
}

/** A table without further constraints unless given. */
export function table(
  name: string,
  columns: readonly ColumnSpec[],
  primaryKey: readonly string[],
  rest: Partial<Pick<TableSpec, "unique" | "foreignKeys" | "indexes">> = {},
): TableSpec {
  return { name, columns, primaryKey, unique: [], foreignKeys: [], indexes: [], ...rest };
}
