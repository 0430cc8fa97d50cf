import { AlmagestError } from "@almagest/base";
import { checkRange, readExact } from "../source/byte-source.ts";
import type { TablePlace, TableRequest } from "./table-data.ts";

/** Consecutive rows of a table. */
export interface RowRange {
  readonly start: number;
  readonly count: number;
}

/** Bytes of some rows, all or only part of each. */
export interface RowChunk {
  readonly bytes: Uint8Array;
  readonly stride: number;
  /** Byte of the row that `bytes` begins with. */
  readonly from: number;
  readonly first: number;
  readonly rows: number;
}

const CHUNK_BYTES = 8 * 1024 * 1024;
/** Only the wanted part of each row is read when rows are long and the part is a sixteenth or less. */
const LONG_ROW_BYTES = 8192;
const SPARSE_FACTOR = 16;
/** Rows without bytes cost nothing in the file, so their number is bounded here. */
const MAX_EMPTY_ROWS = 2 ** 24;

/** Checks the asked rows against the table and the file before anything is allocated. */
export function resolveRows(place: TablePlace, request: TableRequest): RowRange {
  const [rowBytes = 0, rows = 0] = place.layout.shape;
  const start = request.rowStart ?? 0;
  const count = request.rowCount ?? Math.max(rows - start, 0);
  if (
    !Number.isSafeInteger(start) ||
    !Number.isSafeInteger(count) ||
    start < 0 ||
    count < 0 ||
    start + count > rows
  )
    throw new AlmagestError(
      "FITS.SECTION_INVALID",
      `Rows ${start}+${count} do not lie inside table ${place.name} of ${rows} rows.`,
      { fields: { rowStart: start, rowCount: count, rows } },
    );
  if (rowBytes === 0 && count > MAX_EMPTY_ROWS)
    throw new AlmagestError("FITS.LIMIT_EXCEEDED", `Table ${place.name} has ${rows} rows of no bytes.`, {
      fields: { card: "NAXIS2", offset: place.header.card("NAXIS2")?.offset, rows },
    });
  checkRange(
    place.source,
    place.layout.dataOffset + start * rowBytes,
    count * rowBytes,
    `Table ${place.name}`,
  );
  return { start, count };
}

/** Reads bytes [from, to) of each row in the range, chunk by chunk. */
export async function* readRowChunks(
  place: TablePlace,
  range: RowRange,
  from: number,
  to: number,
): AsyncGenerator<RowChunk> {
  const rowBytes = place.layout.shape[0]!;
  const what = `Table ${place.name}`;
  const span = to - from;
  const sparse = rowBytes >= LONG_ROW_BYTES && span * SPARSE_FACTOR <= rowBytes;
  const stride = sparse ? span : rowBytes;
  const together = Math.max(1, Math.floor(CHUNK_BYTES / Math.max(stride, 1)));
  for (let row = 0; row < range.count; row += together) {
    const rows = Math.min(together, range.count - row);
    const first = range.start + row;
    const at = place.layout.dataOffset + first * rowBytes;
    if (!sparse) {
      yield {
        bytes: await readExact(place.source, at, rows * rowBytes, what),
        stride,
        from: 0,
        first: row,
        rows,
      };
      continue;
    }
    const bytes = new Uint8Array(rows * span);
    for (let i = 0; i < rows; i++)
      bytes.set(await readExact(place.source, at + i * rowBytes + from, span, what), i * span);
    yield { bytes, stride, from, first: row, rows };
  }
}
