import { AlmagestError } from "@almagest/base";
import type { Header } from "../header/header.ts";

/** Type letters of binary-table cells (FITS Standard 4.0, table 18) without the descriptors P and Q. */
export type CellLetter = "L" | "X" | "B" | "I" | "J" | "K" | "A" | "E" | "D" | "C" | "M";

/** One column of a binary table as its cards describe it. */
export interface BintableColumn {
  readonly name: string;
  readonly format: string;
  /** Type of the values; for variable-length columns of those in the heap. */
  readonly letter: CellLetter;
  /** Set for variable-length columns: 32-bit (P) or 64-bit (Q) descriptors. */
  readonly descriptor?: "P" | "Q";
  /** Cells per row; for bits their number, for strings their characters. */
  readonly repeat: number;
  readonly byteOffset: number;
  readonly byteWidth: number;
  /** Characters of each of several strings in one cell (the rAw convention), if given. */
  readonly substring?: number;
  readonly dims?: readonly number[];
  readonly unit: string;
  readonly tscal: number;
  readonly tzero: number;
  readonly tnull?: number | bigint;
}

/** Bytes of one cell; bits are counted apart. */
export const CELL_BYTES: ReadonlyMap<CellLetter, number> = new Map([
  ["L", 1],
  ["X", 1],
  ["B", 1],
  ["I", 2],
  ["J", 4],
  ["K", 8],
  ["A", 1],
  ["E", 4],
  ["D", 8],
  ["C", 8],
  ["M", 16],
]);

const TFORM = /^\s*(\d*)([LXBIJKAEDCMPQ])(.*)$/;
const HEAP_FORM = /^([LXBIJKAEDCM])/;
const STRING_FORM = /^(\d+)/;
const TDIM = /^\s*\(\s*(\d+(?:\s*,\s*\d+)*)\s*\)\s*$/;

/** Bytes that `count` cells of a type take. */
export function cellBytes(letter: CellLetter, count: number): number {
  return letter === "X" ? Math.ceil(count / 8) : count * CELL_BYTES.get(letter)!;
}

/** Reads the columns of a binary table; throws `FITS.CARD_INVALID`, `FITS.CARD_MISSING` or `FITS.STRUCTURE_INVALID`. */
export function readColumns(header: Header, rowBytes: number): BintableColumn[] {
  const count = header.requireInteger("TFIELDS", 0, 999);
  const columns: BintableColumn[] = [];
  const names = new Set<string>();
  let byteOffset = 0;
  for (let n = 1; n <= count; n++) {
    const column = readColumn(header, n, byteOffset, names);
    byteOffset += column.byteWidth;
    if (byteOffset > rowBytes)
      throw new AlmagestError(
        "FITS.STRUCTURE_INVALID",
        `Column ${n} (${column.format}) ends at byte ${byteOffset} of a row that NAXIS1 says has ${rowBytes}.`,
        { fields: { card: `TFORM${n}`, offset: header.card(`TFORM${n}`)!.offset } },
      );
    columns.push(column);
  }
  return columns;
}

function readColumn(header: Header, n: number, byteOffset: number, names: Set<string>): BintableColumn {
  const format = header.requireString(`TFORM${n}`);
  const match = TFORM.exec(format.toUpperCase());
  if (match === null)
    return invalidCard(header, `TFORM${n}`, `${JSON.stringify(format)} is no column format`);
  const repeat = match[1] === "" ? 1 : Number(match[1]);
  if (!Number.isSafeInteger(repeat)) invalidCard(header, `TFORM${n}`, "its repeat count is too large");
  const outer = match[2] as CellLetter | "P" | "Q";
  const descriptor = outer === "P" || outer === "Q" ? outer : undefined;
  let letter = outer as CellLetter;
  if (descriptor !== undefined) {
    const inner = HEAP_FORM.exec(match[3]!);
    if (inner === null || repeat > 1)
      return invalidCard(header, `TFORM${n}`, `${JSON.stringify(format)} is no variable-length format`);
    letter = inner[1] as CellLetter;
  }
  const byteWidth =
    descriptor === undefined ? cellBytes(letter, repeat) : repeat * (descriptor === "P" ? 8 : 16);
  const substring = letter === "A" && descriptor === undefined ? STRING_FORM.exec(match[3]!)?.[1] : undefined;
  const dims = descriptor === undefined ? readDims(header, n, repeat) : undefined;
  const tnull = header.get(`TNULL${n}`);
  if (tnull !== undefined && typeof tnull !== "number" && typeof tnull !== "bigint")
    invalidCard(header, `TNULL${n}`, "it must be a whole number");
  return {
    name: chooseName(header.getString(`TTYPE${n}`) ?? "", n, names),
    format: format.trim(),
    letter,
    ...(descriptor === undefined ? {} : { descriptor }),
    repeat,
    byteOffset,
    byteWidth,
    ...(substring === undefined || Number(substring) === 0 ? {} : { substring: Number(substring) }),
    ...(dims === undefined ? {} : { dims }),
    unit: header.getString(`TUNIT${n}`) ?? "",
    tscal: header.getNumber(`TSCAL${n}`) ?? 1,
    tzero: header.getNumber(`TZERO${n}`) ?? 0,
    ...(tnull === undefined ? {} : { tnull: tnull as number | bigint }),
  };
}

/** A name for column `n` that no earlier column has: the TTYPE, `colN` when blank, with `_N` when taken. */
export function chooseName(ttype: string, n: number, names: Set<string>): string {
  let name = ttype.trim() === "" ? `col${n}` : ttype.trim();
  while (names.has(name)) name = `${name}_${n}`;
  names.add(name);
  return name;
}

function readDims(header: Header, n: number, repeat: number): number[] | undefined {
  const text = header.getString(`TDIM${n}`);
  if (text === undefined || text.trim() === "") return undefined;
  const match = TDIM.exec(text);
  const dims = match?.[1]?.split(",").map(Number);
  if (dims === undefined || dims.reduce((product, length) => product * length, 1) > repeat)
    return invalidCard(header, `TDIM${n}`, `${JSON.stringify(text)} does not fit ${repeat} cells`);
  return dims;
}

/** Throws `FITS.CARD_INVALID` for a card of this header. */
export function invalidCard(header: Header, keyword: string, why: string): never {
  const offset = header.card(keyword)?.offset ?? header.offset;
  throw new AlmagestError("FITS.CARD_INVALID", `Card ${keyword} at byte ${offset}: ${why}.`, {
    fields: { card: keyword, offset },
  });
}
