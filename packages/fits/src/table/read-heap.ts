import { AlmagestError } from "@almagest/base";
import type { PixelArray } from "../image/pixel-array.ts";
import { readExact } from "../source/byte-source.ts";
import { type BintableColumn, cellBytes } from "./column-format.ts";
import { createCells, decodeCells, decodeStrings, finishCells } from "./decode-cells.ts";
import type { TablePlace } from "./table-data.ts";

/** Rows may share heap bytes, but all arrays together may not exceed this many times the heap (plus some). */
const MAX_SHARING = 16;
const FREE_BYTES = 64 * 1024 * 1024;
/** The heap's part between first and last array is read at once unless it is this many times larger than what is needed. */
const SPAN_FACTOR = 4;
const SMALL_SPAN_BYTES = 1024 * 1024;

/** Where the heap of a table lies in the file. */
export interface HeapPlace {
  readonly offset: number;
  readonly bytes: number;
}

/** Finds the heap; throws `FITS.CARD_INVALID` when THEAP points outside the data. */
export function locateHeap(place: Pick<TablePlace, "header" | "layout">): HeapPlace {
  const { header, layout } = place;
  const tableBytes = layout.shape[0]! * layout.shape[1]!;
  const start = header.getInteger("THEAP", tableBytes, tableBytes + layout.pcount) ?? tableBytes;
  return { offset: layout.dataOffset + start, bytes: tableBytes + layout.pcount - start };
}

/** Reads descriptors of consecutive rows as pairs (count, heap offset) into `out` from row `first` on. */
export function decodeDescriptors(
  column: BintableColumn,
  run: { readonly bytes: Uint8Array; readonly start: number; readonly stride: number; readonly rows: number },
  out: Float64Array,
  first: number,
): void {
  const view = new DataView(run.bytes.buffer, run.bytes.byteOffset, run.bytes.byteLength);
  for (let row = 0; row < run.rows; row++) {
    const at = run.start + row * run.stride;
    const wide = column.descriptor === "Q";
    out[2 * (first + row)] = wide ? Number(view.getBigInt64(at)) : view.getInt32(at);
    out[2 * (first + row) + 1] = wide ? Number(view.getBigInt64(at + 8)) : view.getInt32(at + 4);
  }
}

/** Throws `FITS.HEAP_INVALID` unless every array lies inside the heap and together they are plausible. */
export function checkDescriptors(
  column: BintableColumn,
  descriptors: Float64Array,
  heap: HeapPlace,
  maxBytes: number,
): void {
  let total = 0;
  for (let i = 0; i < descriptors.length; i += 2) {
    const count = descriptors[i]!;
    const offset = descriptors[i + 1]!;
    if (count === 0) continue;
    const bytes = cellBytes(column.letter, count);
    if (count < 0 || offset < 0 || offset + bytes > heap.bytes)
      throw new AlmagestError(
        "FITS.HEAP_INVALID",
        `Column ${column.name}, row ${i / 2}: ${count} values at ${offset} lie outside the heap of ${heap.bytes} bytes.`,
        {
          fields: {
            column: column.name,
            row: i / 2,
            count,
            offset: heap.offset + offset,
            heapBytes: heap.bytes,
          },
        },
      );
    total += bytes;
  }
  if (total > Math.min(MAX_SHARING * heap.bytes + FREE_BYTES, maxBytes))
    throw new AlmagestError(
      "FITS.LIMIT_EXCEEDED",
      `The arrays of column ${column.name} take ${total} bytes of a heap of ${heap.bytes}.`,
      { fields: { column: column.name, bytes: total, heapBytes: heap.bytes, offset: heap.offset } },
    );
}

/** Reads the arrays that descriptors point to, one entry per row. */
export async function readHeapColumn(
  place: TablePlace,
  column: BintableColumn,
  descriptors: Float64Array,
): Promise<(PixelArray | string)[]> {
  const heap = locateHeap(place);
  checkDescriptors(column, descriptors, heap, place.maxBytes);
  const take = await openHeap(place, heap, column, descriptors);
  const out: (PixelArray | string)[] = [];
  for (let i = 0; i < descriptors.length; i += 2) {
    const count = descriptors[i]!;
    const bytes = await take(descriptors[i + 1]!, cellBytes(column.letter, count));
    const run = { bytes, start: 0, stride: 0, rows: 1, repeat: count };
    if (column.letter === "A") {
      const strings: string[] = [];
      decodeStrings({ ...run, repeat: 1 }, count, strings);
      out.push(strings[0]!);
      continue;
    }
    const values = createCells(column.letter, count);
    decodeCells(column.letter, run, values, 0);
    out.push(finishCells(column, values).data);
  }
  return out;
}

/** A function that gives heap bytes: from one read of the whole span where that is sensible, else array by array. */
async function openHeap(
  place: TablePlace,
  heap: HeapPlace,
  column: BintableColumn,
  descriptors: Float64Array,
): Promise<(offset: number, length: number) => Promise<Uint8Array>> {
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  let needed = 0;
  for (let i = 0; i < descriptors.length; i += 2) {
    if (descriptors[i] === 0) continue;
    const bytes = cellBytes(column.letter, descriptors[i]!);
    from = Math.min(from, descriptors[i + 1]!);
    to = Math.max(to, descriptors[i + 1]! + bytes);
    needed += bytes;
  }
  const what = `The heap of table ${place.name}`;
  const empty = new Uint8Array(0);
  if (needed === 0) return async () => empty;
  if (to - from > Math.max(SPAN_FACTOR * needed, SMALL_SPAN_BYTES))
    return (offset, length) =>
      length === 0 ? Promise.resolve(empty) : readExact(place.source, heap.offset + offset, length, what);
  const span = await readExact(place.source, heap.offset + from, to - from, what);
  return async (offset, length) =>
    length === 0 ? empty : span.subarray(offset - from, offset - from + length);
}
