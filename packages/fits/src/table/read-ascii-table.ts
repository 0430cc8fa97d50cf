import { AlmagestError } from "@almagest/base";
import type { Header } from "../header/header.ts";
import { parseNumber } from "../header/parse-value.ts";
import { chooseName, invalidCard } from "./column-format.ts";
import { type RowChunk, type RowRange, readRowChunks, resolveRows } from "./row-range.ts";
import { selectColumns } from "./select-columns.ts";
import type { ColumnData, TableData, TablePlace, TableRequest } from "./table-data.ts";

/** One column of an ASCII table as its cards describe it. */
interface AsciiColumn {
  readonly name: string;
  readonly format: string;
  readonly letter: "A" | "I" | "F" | "E" | "D";
  readonly byteOffset: number;
  readonly byteWidth: number;
  /** Digits after an implied decimal point. */
  readonly decimals: number;
  readonly unit: string;
  readonly tscal: number;
  readonly tzero: number;
  readonly tnull?: string;
}

const TFORM = /^\s*([AIFED])(\d+)(?:\.(\d+))?\s*$/;
/** Integers of this many characters fit 32 bits. */
const INT32_CHARACTERS = 9;

/**
 * Reads an ASCII table (FITS Standard 4.0, section 7.2): A as strings, I as Int32Array (BigInt64Array when wider than nine characters),
 * others and scaled ones as Float64Array. Blank and TNULL fields are marked in `nulls`, NaN in floats.
 */
export async function readAsciiTable(place: TablePlace, request: TableRequest): Promise<TableData> {
  const all = readAsciiColumns(place.header, place.layout.shape[0]!);
  const columns = selectColumns(all, request.columns, place.name);
  const range = resolveRows(place, request);
  const data = columns.map((column) => createColumn(column, range.count));
  if (columns.length > 0) {
    const from = Math.min(...columns.map((column) => column.byteOffset));
    const to = Math.max(...columns.map((column) => column.byteOffset + column.byteWidth));
    for await (const chunk of readRowChunks(place, range, from, to))
      for (const [i, column] of columns.entries()) fillColumn(column, data[i]!, chunk, place, range);
  }
  return { rows: range.count, columns: new Map(data.map((column) => [column.name, column])) };
}

function readAsciiColumns(header: Header, rowBytes: number): AsciiColumn[] {
  const names = new Set<string>();
  const count = header.requireInteger("TFIELDS", 0, 999);
  return Array.from({ length: count }, (_, i): AsciiColumn => {
    const n = i + 1;
    const format = header.requireString(`TFORM${n}`);
    const match = TFORM.exec(format.toUpperCase());
    if (match === null)
      return invalidCard(header, `TFORM${n}`, `${JSON.stringify(format)} is no column format`);
    const byteWidth = Number(match[2]);
    const byteOffset = header.requireInteger(`TBCOL${n}`, 1) - 1;
    if (byteOffset + byteWidth > rowBytes)
      invalidCard(header, `TBCOL${n}`, `the column ends outside its row`);
    const tnull = header.get(`TNULL${n}`);
    return {
      name: chooseName(header.getString(`TTYPE${n}`) ?? "", n, names),
      format: format.trim(),
      letter: match[1] as AsciiColumn["letter"],
      byteOffset,
      byteWidth,
      decimals: Number(match[3] ?? 0),
      unit: header.getString(`TUNIT${n}`) ?? "",
      tscal: header.getNumber(`TSCAL${n}`) ?? 1,
      tzero: header.getNumber(`TZERO${n}`) ?? 0,
      ...(tnull === undefined ? {} : { tnull: String(tnull).trim() }),
    };
  });
}

function createColumn(column: AsciiColumn, rows: number): ColumnData & { nulls?: Uint8Array } {
  const { name, unit, format } = column;
  const scaled = column.tscal !== 1 || column.tzero !== 0;
  const data =
    column.letter === "A"
      ? []
      : column.letter !== "I" || scaled
        ? new Float64Array(rows)
        : column.byteWidth <= INT32_CHARACTERS
          ? new Int32Array(rows)
          : new BigInt64Array(rows);
  return { name, unit, format, width: 1, data };
}

function fillColumn(
  column: AsciiColumn,
  into: ColumnData & { nulls?: Uint8Array },
  chunk: RowChunk,
  place: TablePlace,
  range: RowRange,
): void {
  const text = Buffer.from(chunk.bytes.buffer, chunk.bytes.byteOffset, chunk.bytes.byteLength).toString(
    "latin1",
  );
  for (let i = 0; i < chunk.rows; i++) {
    const at = i * chunk.stride + column.byteOffset - chunk.from;
    const field = text.slice(at, at + column.byteWidth);
    const row = chunk.first + i;
    const trimmed = field.trim();
    const isNull = trimmed === column.tnull || (trimmed === "" && column.letter !== "A");
    if (isNull) (into.nulls ??= new Uint8Array(range.count))[row] = 1;
    if (column.letter === "A") (into.data as string[]).push(field.trimEnd());
    else if (isNull) {
      if (into.data instanceof Float64Array) into.data[row] = Number.NaN;
    } else {
      const value = parseField(column, trimmed);
      if (value === undefined) throwField(column, place, range.start + row, trimmed);
      if (into.data instanceof BigInt64Array) into.data[row] = BigInt(value);
      else if (into.data instanceof Int32Array) into.data[row] = Number(value);
      else (into.data as Float64Array)[row] = Number(value) * column.tscal + column.tzero;
    }
  }
}

function parseField(column: AsciiColumn, text: string): number | bigint | undefined {
  // Fortran allows a blank or nothing for the exponent's letter: 1.5+03.
  const fixed = text.replace(/^([+-]?[\d.]+) ?([+-]\d+)$/, "$1E$2");
  const value = parseNumber(fixed);
  if (value === undefined || column.letter === "I")
    return typeof value === "number" && !Number.isInteger(value) ? undefined : value;
  return column.decimals > 0 && /^[+-]?\d+$/.test(fixed.replace(/[ED].*$/i, ""))
    ? Number(value) / 10 ** column.decimals
    : value;
}

function throwField(column: AsciiColumn, place: TablePlace, row: number, text: string): never {
  const offset = place.layout.dataOffset + row * place.layout.shape[0]! + column.byteOffset;
  throw new AlmagestError(
    "FITS.STRUCTURE_INVALID",
    `Column ${column.name}, row ${row} (byte ${offset}) holds ${JSON.stringify(text)}, which is no ${column.format}.`,
    { fields: { column: column.name, row, offset } },
  );
}
