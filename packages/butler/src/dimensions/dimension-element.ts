import type { ColumnConfig } from "./universe-config.ts";

/** Type of a column of a dimension table. */
export type ColumnType = "string" | "int" | "float" | "bool" | "hash" | "region" | "timespan";

/** One column of a dimension table. */
export interface DimensionColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Longest string. */
  readonly length?: number;
  readonly nullable: boolean;
  /** What part of the record it is. */
  readonly role: "required" | "key" | "implied" | "alternate" | "metadata" | "region" | "timespan";
  /** The dimension whose key this column holds, for required, key and implied columns. */
  readonly dimension?: string;
}

/** One element of the universe: a dimension, or a combination such as `visit_detector_region`. */
export interface DimensionElement {
  readonly name: string;
  /** Required dimensions in universe order; a dimension requires itself. */
  readonly required: readonly string[];
  /** Directly implied dimensions. */
  readonly implied: readonly string[];
  /** True for a dimension, false for a combination of dimensions. */
  readonly isDimension: boolean;
  readonly isGovernor: boolean;
  /** Skypix system and level, for a pixel of the sky. */
  readonly skypix?: { readonly system: string; readonly level: number };
  /** Type of the primary key; undefined for a combination. */
  readonly keyType?: "string" | "int";
  /** Column of its own table that holds its primary key (`name` or `id`); undefined for a combination. */
  readonly keyColumn?: string;
  /** Columns of its table in the order of the original; empty where it has no table. */
  readonly columns: readonly DimensionColumn[];
  readonly hasTable: boolean;
  readonly spatialFamily?: string;
  readonly temporalFamily?: string;
  /** Joined into every query that has all its dimensions. */
  readonly alwaysJoin: boolean;
  /** Exported and imported together with this dimension. */
  readonly populatedBy: string;
  /** This dimension's values are those that the target implies (band of physical_filter). */
  readonly impliedUnionTarget?: string;
}

/** A column from its configuration. */
export function createColumn(
  config: ColumnConfig,
  role: DimensionColumn["role"],
  nullable: boolean,
): DimensionColumn {
  return {
    name: config.name,
    type: config.type,
    ...(config.length === undefined ? {} : { length: config.length }),
    nullable,
    role,
  };
}
