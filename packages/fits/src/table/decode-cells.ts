import type { PixelArray, StoredArray } from "../image/pixel-array.ts";
import { flipSign } from "../image/scaling.ts";
import type { BintableColumn, CellLetter } from "./column-format.ts";

/** Cells of one column within a chunk of rows. */
export interface CellRun {
  readonly bytes: Uint8Array;
  /** Offset of the first row's cell in `bytes`. */
  readonly start: number;
  /** Bytes from row to row. */
  readonly stride: number;
  readonly rows: number;
  /** Cells per row. */
  readonly repeat: number;
}

/** A new array for `count` cells as stored; complex cells take two numbers. */
export function createCells(letter: Exclude<CellLetter, "A">, count: number): StoredArray {
  switch (letter) {
    case "L":
    case "X":
    case "B":
      return new Uint8Array(count);
    case "I":
      return new Int16Array(count);
    case "J":
      return new Int32Array(count);
    case "K":
      return new BigInt64Array(count);
    case "E":
      return new Float32Array(count);
    case "C":
      return new Float32Array(2 * count);
    case "D":
      return new Float64Array(count);
    case "M":
      return new Float64Array(2 * count);
  }
}

/** Decodes numeric, logical (as the stored character) and bit cells into `out` from index `at`. */
export function decodeCells(letter: CellLetter, run: CellRun, out: StoredArray, at: number): void {
  const { bytes, start, stride, rows } = run;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const repeat = letter === "C" || letter === "M" ? 2 * run.repeat : run.repeat;
  let to = at;
  if (letter === "X") {
    for (let row = 0; row < rows; row++)
      for (let bit = 0, from = start + row * stride; bit < repeat; bit++)
        out[to++] = (bytes[from + (bit >> 3)]! >> (7 - (bit & 7))) & 1;
  } else if (out instanceof Uint8Array) {
    for (let row = 0; row < rows; row++)
      for (let i = 0, from = start + row * stride; i < repeat; i++) out[to++] = bytes[from + i]!;
  } else if (out instanceof Int16Array) {
    for (let row = 0; row < rows; row++)
      for (let i = 0, from = start + row * stride; i < repeat; i++, from += 2)
        out[to++] = view.getInt16(from);
  } else if (out instanceof Int32Array) {
    for (let row = 0; row < rows; row++)
      for (let i = 0, from = start + row * stride; i < repeat; i++, from += 4)
        out[to++] = view.getInt32(from);
  } else if (out instanceof BigInt64Array) {
    for (let row = 0; row < rows; row++)
      for (let i = 0, from = start + row * stride; i < repeat; i++, from += 8)
        out[to++] = view.getBigInt64(from);
  } else if (out instanceof Float32Array) {
    for (let row = 0; row < rows; row++)
      for (let i = 0, from = start + row * stride; i < repeat; i++, from += 4)
        out[to++] = view.getFloat32(from);
  } else {
    for (let row = 0; row < rows; row++)
      for (let i = 0, from = start + row * stride; i < repeat; i++, from += 8)
        out[to++] = view.getFloat64(from);
  }
}

/** Decodes strings of `length` characters each, `run.repeat` per row: cut at the first NUL, trailing blanks dropped. */
export function decodeStrings(run: CellRun, length: number, out: string[]): void {
  const buffer = Buffer.from(run.bytes.buffer, run.bytes.byteOffset, run.bytes.byteLength);
  for (let row = 0; row < run.rows; row++) {
    for (let i = 0; i < run.repeat; i++) {
      const from = run.start + row * run.stride + i * length;
      let end = from;
      while (end < from + length && buffer[end] !== 0) end++;
      while (end > from && buffer[end - 1] === 0x20) end--;
      out.push(buffer.toString("latin1", from, end));
    }
  }
}

/** Physical values and the mask of undefined ones. */
export interface FinishedCells {
  readonly data: PixelArray;
  readonly nulls?: Uint8Array;
}

const SIGN_OFFSETS: ReadonlyMap<CellLetter, number> = new Map([
  ["B", -128],
  ["I", 2 ** 15],
  ["J", 2 ** 31],
  ["K", 2 ** 63],
]);

/** Applies logicals, TNULL, TSCAL and TZERO to stored values; scaled ones become Float64Array with NaN where undefined. */
export function finishCells(column: BintableColumn, stored: StoredArray): FinishedCells {
  const { letter, tscal, tzero } = column;
  if (letter === "L") return finishLogicals(stored as Uint8Array<ArrayBuffer>);
  if (letter === "X") return { data: stored };
  const nulls = findNulls(column, stored);
  const masked = nulls === undefined ? {} : { nulls };
  if (tscal === 1 && tzero === 0) return { data: stored, ...masked };
  if (tscal === 1 && tzero === SIGN_OFFSETS.get(letter)) return { data: flipSign(stored), ...masked };
  const data = new Float64Array(stored.length);
  for (let i = 0; i < data.length; i++)
    data[i] = nulls?.[i] === 1 ? Number.NaN : Number(stored[i]!) * tscal + tzero;
  return { data, ...masked };
}

function finishLogicals(stored: Uint8Array<ArrayBuffer>): FinishedCells {
  let nulls: Uint8Array | undefined;
  for (let i = 0; i < stored.length; i++) {
    const code = stored[i]!;
    if (code === 0) (nulls ??= new Uint8Array(stored.length))[i] = 1;
    stored[i] = code === 0x54 ? 1 : 0;
  }
  return { data: stored, ...(nulls === undefined ? {} : { nulls }) };
}

function findNulls(column: BintableColumn, stored: StoredArray): Uint8Array | undefined {
  if (column.tnull === undefined || stored instanceof Float32Array || stored instanceof Float64Array)
    return undefined;
  const wanted = stored instanceof BigInt64Array ? BigInt(column.tnull) : Number(column.tnull);
  let nulls: Uint8Array | undefined;
  for (let i = 0; i < stored.length; i++)
    if (stored[i] === wanted) (nulls ??= new Uint8Array(stored.length))[i] = 1;
  return nulls;
}
