import type { DataId, DataIdValue } from "@almagest/butler";

/** The distinct values of one dimension in ascending order; a value's position is its code. */
export interface ValueCodes {
  readonly dimension: string;
  readonly values: readonly DataIdValue[];
}

/** Rows of data ids as integer codes, one column per dimension. Comparing codes compares values. */
export interface CodedRows {
  readonly count: number;
  readonly codes: readonly ValueCodes[];
  /** Parallel to `codes`. */
  readonly columns: readonly Int32Array[];
}

/** The distinct data ids of one group of dimensions within some rows, in ascending order. */
export interface CodedGroup extends CodedRows {
  /** For each row of the source, which member of the group it belongs to. */
  readonly memberOfRow: Int32Array;
}

const compareValues = (a: DataIdValue, b: DataIdValue): number => (a < b ? -1 : a > b ? 1 : 0);

/** Codes rows of values given as arrays in the order of `dimensions`. */
export function encodeRows(
  dimensions: readonly string[],
  rows: readonly (readonly DataIdValue[])[],
): CodedRows {
  const codes: ValueCodes[] = [];
  const columns: Int32Array[] = [];
  for (const [index, dimension] of dimensions.entries()) {
    const seen = new Map<DataIdValue, number>();
    for (const row of rows) seen.set(row[index]!, 0);
    const values = [...seen.keys()].sort(compareValues);
    for (const [code, value] of values.entries()) seen.set(value, code);
    const column = new Int32Array(rows.length);
    for (let i = 0; i < rows.length; i++) column[i] = seen.get(rows[i]![index]!)!;
    codes.push({ dimension, values });
    columns.push(column);
  }
  return { count: rows.length, codes, columns };
}

/** Replaces keys by their rank among the distinct ones (in place), and gives the distinct keys in order. */
export function rankKeys(keys: Float64Array): { ranks: Int32Array; distinct: Float64Array } {
  const sorted = keys.slice().sort();
  let count = 0;
  for (let i = 0; i < sorted.length; i++)
    if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[count++] = sorted[i]!;
  const distinct = sorted.slice(0, count);
  const ranks = new Int32Array(keys.length);
  const rankOf = new Map<number, number>();
  for (let rank = 0; rank < count; rank++) rankOf.set(distinct[rank]!, rank);
  for (let i = 0; i < keys.length; i++) ranks[i] = rankOf.get(keys[i]!)!;
  return { ranks, distinct };
}

/** The distinct combinations of `required` dimensions in the rows; further `carried` dimensions (implied values) take
 * the value of the first row of each combination. */
export function groupRows(
  rows: CodedRows,
  required: readonly string[],
  carried: readonly string[] = [],
): CodedGroup {
  const keys = new Float64Array(rows.count);
  let size = 1;
  for (const name of required) {
    const index = rows.codes.findIndex(({ dimension }) => dimension === name);
    const column = rows.columns[index]!;
    const radix = rows.codes[index]!.values.length;
    if (size * radix > Number.MAX_SAFE_INTEGER) {
      const { ranks, distinct } = rankKeys(keys);
      keys.set(ranks);
      size = distinct.length;
    }
    for (let row = 0; row < rows.count; row++) keys[row] = keys[row]! * radix + column[row]!;
    size *= radix;
  }
  const { ranks, distinct } = rankKeys(keys);
  const firstRow = new Int32Array(distinct.length).fill(-1);
  for (let row = rows.count - 1; row >= 0; row--) firstRow[ranks[row]!] = row;
  const indices = [...required, ...carried].map((name) =>
    rows.codes.findIndex(({ dimension }) => dimension === name),
  );
  return {
    count: distinct.length,
    codes: indices.map((index) => rows.codes[index]!),
    columns: indices.map((index) => firstRow.map((row) => rows.columns[index]![row]!)),
    memberOfRow: ranks,
  };
}

/** One data id of coded rows; with `count` only its first dimensions. */
export function dataIdAt(rows: CodedRows, row: number, count: number = rows.codes.length): DataId {
  const dataId: Record<string, DataIdValue> = {};
  for (let i = 0; i < count; i++)
    dataId[rows.codes[i]!.dimension] = rows.codes[i]!.values[rows.columns[i]![row]!]!;
  return dataId;
}
