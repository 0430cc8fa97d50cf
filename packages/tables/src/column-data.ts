import type { ColumnData } from "./table.ts";

/** Name of the storage of a column, such as `Float32` or `string`. */
export function columnKind(data: ColumnData): string {
  return Array.isArray(data) ? "string" : data.constructor.name.replace("Array", "");
}

/** A new column of the same storage with room for `length` values. */
export function allocateLike(data: ColumnData, length: number): ColumnData {
  if (Array.isArray(data)) return new Array<string>(length).fill("");
  return new (data.constructor as new (length: number) => ColumnData)(length);
}

/** Copies the rows `indices` (each `width` values) into a new column of the same storage. A negative index leaves
 * the fill value: NaN for floats, zero for integers, empty text. */
export function gatherRows(data: ColumnData, indices: ArrayLike<number>, width = 1): ColumnData {
  const out = allocateLike(data, indices.length * width) as Float64Array;
  const from = data as Float64Array;
  const isFloat = data instanceof Float64Array || data instanceof Float32Array;
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i]!;
    if (row >= 0) for (let k = 0; k < width; k++) out[i * width + k] = from[row * width + k]!;
    else if (isFloat) out.fill(Number.NaN, i * width, (i + 1) * width);
  }
  return out;
}
