/** The storage of one column: numbers in a typed array, or text, or booleans as 0/1 bytes with `logical`. */
export type ColumnData =
  | Float64Array
  | Float32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | string[];

/** One column: its values, its unit in FITS/VO notation (empty when it has none), and what it means. */
export interface Column {
  readonly data: ColumnData;
  /** True for a Uint8Array that holds booleans. */
  readonly logical?: boolean;
  readonly unit?: string;
  readonly doc?: string;
  /** Values per row (a fixed-size vector column, row-major in `data`); 1 unless told. */
  readonly width?: number;
}

/** A catalogue in memory: named columns of equal length, and free metadata. */
export interface Table {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Column>;
  readonly metadata: Readonly<Record<string, string>>;
}
