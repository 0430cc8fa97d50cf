import type { HduLayout } from "../file/layout.ts";
import type { Header } from "../header/header.ts";
import type { PixelArray } from "../image/pixel-array.ts";
import type { ByteSource } from "../source/byte-source.ts";

/**
 * Values of a column: `width` numbers per row one after another (complex ones as re, im pairs; logicals and bits as 0 or 1), strings,
 * or for variable-length columns one array or string per row.
 */
export type ColumnValues = PixelArray | string[] | (PixelArray | string)[];

/** One column as read. */
export interface ColumnData {
  readonly name: string;
  readonly data: ColumnValues;
  /** Entries of `data` per row; 1 for variable-length columns, whose entries are arrays. */
  readonly width: number;
  /** Shape of one row's cell from TDIM, first axis fastest; absent when it is a plain vector or scalar. */
  readonly dims?: readonly number[];
  /** TUNIT, empty when absent. */
  readonly unit: string;
  /** TFORM as in the header. */
  readonly format: string;
  /** 1 where the entry of `data` is undefined (TNULL, an empty logical); absent when none is. */
  readonly nulls?: Uint8Array;
}

/** Columns of a table, all of `rows` rows, in the order of the file. */
export interface TableData {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, ColumnData>;
}

/** What to read of a table: all columns and rows unless given. Column names match without regard to case. */
export interface TableRequest {
  readonly columns?: readonly string[];
  readonly rowStart?: number;
  readonly rowCount?: number;
}

/** Where a table lies. */
export interface TablePlace {
  readonly source: ByteSource;
  readonly header: Header;
  readonly layout: HduLayout;
  readonly name: string;
  readonly maxBytes: number;
}
