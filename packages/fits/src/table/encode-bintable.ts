import type { CardValue } from "../header/card.ts";
import {
  buildHeader,
  createDataUnit,
  type EncodedHdu,
  encodedWhole,
  invalidSpec,
} from "../write/encoded-hdu.ts";
import type { BintableSpec } from "../write/hdu-spec.ts";
import { type EncodedColumn, encodeColumn } from "./encode-column.ts";

/** Encodes a binary table: rows of fixed cells, then the heap of variable-length arrays. */
export function encodeBintable(spec: BintableSpec): EncodedHdu {
  const columns = spec.columns.map(encodeColumn);
  const rows = columns[0]?.rows ?? 0;
  for (const column of columns)
    if (column.rows !== rows)
      invalidSpec(`column ${column.name} has ${column.rows} rows, the first column ${rows}`, {
        column: column.name,
      });
  const rowBytes = columns.reduce((sum, column) => sum + column.cellBytes, 0);
  const heapBytes = columns.reduce((sum, column) => sum + (column.heap?.byteLength ?? 0), 0);
  const header = buildHeader(
    [
      ["XTENSION", "BINTABLE"],
      ["BITPIX", 8],
      ["NAXIS", 2],
      ["NAXIS1", rowBytes, "bytes per row"],
      ["NAXIS2", rows, "rows"],
      ["PCOUNT", heapBytes],
      ["GCOUNT", 1],
      ["TFIELDS", columns.length],
      ...columns.flatMap((column, i) => columnCards(column, i + 1)),
    ],
    spec,
  );
  const unit = createDataUnit(rowBytes * rows + heapBytes);
  let cell = 0;
  let heap = 0;
  for (const column of columns) {
    placeCells(unit, column, cell, rowBytes, heap);
    if (column.heap !== undefined) unit.set(column.heap, rowBytes * rows + heap);
    cell += column.cellBytes;
    heap += column.heap?.byteLength ?? 0;
  }
  return encodedWhole(header, unit);
}

/** Copies one column's cells into the rows; descriptors are moved to where their part of the heap lies. */
function placeCells(
  unit: Uint8Array<ArrayBuffer>,
  column: EncodedColumn,
  cell: number,
  rowBytes: number,
  heap: number,
): void {
  const { cells, cellBytes, rows } = column;
  for (let row = 0, from = 0; row < rows; row++) {
    const to = row * rowBytes + cell;
    for (let i = 0; i < cellBytes; i++) unit[to + i] = cells[from++]!;
  }
  if (column.heap === undefined || heap === 0) return;
  const view = new DataView(unit.buffer);
  for (let row = 0; row < rows; row++) {
    const at = row * rowBytes + cell + cellBytes / 2;
    if (cellBytes === 16) view.setBigInt64(at, view.getBigInt64(at) + BigInt(heap));
    else {
      const offset = view.getInt32(at) + heap;
      if (offset > 0x7fffffff) invalidSpec(`the heap before column ${column.name} passes 2 GiB; use type Q`);
      view.setInt32(at, offset);
    }
  }
}

function columnCards(column: EncodedColumn, n: number): [string, CardValue, string][] {
  const cards: [string, CardValue, string][] = [
    [`TTYPE${n}`, column.name, column.comment],
    [`TFORM${n}`, column.format, ""],
  ];
  if (column.unit !== undefined) cards.push([`TUNIT${n}`, column.unit, ""]);
  if (column.dims !== undefined) cards.push([`TDIM${n}`, `(${column.dims.join(",")})`, ""]);
  if (column.nullValue !== undefined) cards.push([`TNULL${n}`, column.nullValue, ""]);
  if (column.tzero !== 0) cards.push([`TSCAL${n}`, 1, ""], [`TZERO${n}`, column.tzero, ""]);
  return cards;
}
