import type { DataId, DataIdValue, DatasetRef, Timespan } from "../types.ts";

/** A value for a `:name` in an expression. */
export type BindValue =
  | DataIdValue
  | bigint
  | boolean
  | Timespan
  | readonly (DataIdValue | bigint)[]
  | Uint8Array;

/** What narrows any query. */
export interface QueryOptions {
  /** An expression, such as `instrument='SimCam' AND visit IN (1..20) AND band='r'`. */
  readonly where?: string;
  readonly bind?: Readonly<Record<string, BindValue>>;
  /** Fixed dimension values, as if added to `where` by AND. */
  readonly dataId?: DataId;
  /** Columns to order by; a leading `-` means descending. */
  readonly orderBy?: readonly string[];
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** A dataset type that must have a dataset for each data id. */
export interface DatasetConstraint {
  readonly datasetType: string;
  readonly collections: string | readonly string[];
}

/** How to query datasets. */
export interface DatasetQueryOptions extends QueryOptions {
  /** Names, in search order, or globs (not with `findFirst`); the Butler's own collections unless told. */
  readonly collections?: string | readonly string[];
  /** Keep, for each data id, only the first dataset in search order. True unless told otherwise, as in the original. */
  readonly findFirst?: boolean;
  /** Only datasets whose data ids these have datasets for, too. */
  readonly datasets?: readonly DatasetConstraint[];
}

/** A value of a field: a time as TAI nanoseconds, a time span, a region as sphgeom bytes. */
export type QueryValue = string | number | bigint | boolean | null | Timespan | Uint8Array;

/** What a query of rows gives. */
export interface RowQuery extends QueryOptions {
  /** Dimensions whose values come first, in this order; with each of them those that it needs. */
  readonly dimensions: readonly string[];
  /** Fields after them, such as `visit.exposure_time` or `raw.ingest_date` (of the dataset type searched for). */
  readonly fields?: readonly string[];
  /** Datasets to which rows belong: one row for each that is found, or with `findFirst` for the first of a data id. */
  readonly search?: DatasetConstraint & { readonly findFirst?: boolean };
  /** Only data ids for which these datasets exist. */
  readonly datasets?: readonly DatasetConstraint[];
}

/** How to query data ids. */
export interface DataIdQueryOptions extends QueryOptions {
  /** Only data ids for which these datasets exist. */
  readonly datasets?: readonly DatasetConstraint[];
  /** Also give implied values (band of a physical filter, …). */
  readonly implied?: boolean;
}

/** Data ids as rows of values in the order of `dimensions`: the compact form for large graphs. */
export interface DataIdTable {
  readonly dimensions: readonly string[];
  readonly rows: readonly (readonly DataIdValue[])[];
}

/** Which query to explain. */
export type ExplainRequest =
  | { readonly datasets: string; readonly options?: DatasetQueryOptions }
  | { readonly dataIds: readonly string[]; readonly options?: DataIdQueryOptions }
  | { readonly records: string; readonly options?: QueryOptions };

/** How a query is answered. */
export interface QueryExplanation {
  /** The SQL with its parameters as placeholders. */
  readonly sql: string;
  /** What the database means to do, a line for each step. */
  readonly plan: readonly string[];
  /** Where it finds nothing, why; empty otherwise. */
  readonly reasons: readonly string[];
}

/** What the Butler answers. */
export interface QueryApi {
  /** Datasets of one type. Throws `BUTLER.DATASET_TYPE_MISSING`, `BUTLER.COLLECTION_MISSING`, `BUTLER.QUERY_INVALID`
   * (with the column of the mistake), `BUTLER.CALIBRATION_AMBIGUOUS`. */
  queryDatasets(datasetType: string, options?: DatasetQueryOptions): Promise<DatasetRef[]>;
  /** As `queryDatasets`, one at a time with bounded memory. */
  streamDatasets(datasetType: string, options?: DatasetQueryOptions): AsyncIterable<DatasetRef>;
  /** Data ids of some dimensions: joins records, `visit_definition`, overlaps on the sky and in time as needed. */
  queryDataIds(dimensions: readonly string[], options?: DataIdQueryOptions): Promise<DataId[]>;
  /** As `queryDataIds` with implied values, as rows. */
  queryDataIdTable(dimensions: readonly string[], options?: DataIdQueryOptions): Promise<DataIdTable>;
  /** Rows of dimensions and fields, one at a time with bounded memory. Throws as `queryDatasets`. */
  streamRows(query: RowQuery): AsyncIterable<readonly QueryValue[]>;
  /** The dataset of a type and data id that comes first in search order; undefined when there is none.
   * A CALIBRATION collection is searched with `timespan`, or with that of the data id's exposure or visit. */
  findDataset(
    datasetType: string,
    dataId: DataId,
    options?: { readonly collections?: string | readonly string[]; readonly timespan?: Timespan },
  ): Promise<DatasetRef | undefined>;
  /** Many `findDataset` calls at once, parallel to `dataIds` (much faster than one by one). */
  findDatasets(
    datasetType: string,
    dataIds: readonly DataId[],
    options?: { readonly collections?: string | readonly string[] },
  ): Promise<(DatasetRef | undefined)[]>;
  /** The SQL and the database's plan of a query, and why it finds nothing where that is so. */
  explain(request: ExplainRequest): Promise<QueryExplanation>;
  /** The datasets with these ids; unknown ids are left out. */
  getDatasets(ids: readonly string[]): Promise<DatasetRef[]>;
}
