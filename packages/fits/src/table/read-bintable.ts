import { AlmagestError } from "@almagest/base";
import type { StoredArray } from "../image/pixel-array.ts";
import { type BintableColumn, readColumns } from "./column-format.ts";
import { createCells, decodeCells, decodeStrings, finishCells } from "./decode-cells.ts";
import { decodeDescriptors, readHeapColumn } from "./read-heap.ts";
import { readRowChunks, resolveRows } from "./row-range.ts";
import { selectColumns } from "./select-columns.ts";
import type { ColumnData, TableData, TablePlace, TableRequest } from "./table-data.ts";

/** What a column gathers while chunks of rows pass by. */
type Gathered =
  | { readonly kind: "strings"; readonly values: string[]; readonly length: number; readonly perRow: number }
  | { readonly kind: "numbers"; readonly values: StoredArray; readonly perRow: number }
  | { readonly kind: "descriptors"; readonly values: Float64Array };

/** Reads chosen columns and rows of a binary table; only those rows are read from the file. */
export async function readBintable(place: TablePlace, request: TableRequest): Promise<TableData> {
  const all = readColumns(place.header, place.layout.shape[0]!);
  const columns = selectColumns(all, request.columns, place.name);
  const range = resolveRows(place, request);
  checkMemory(place, columns, range.count);
  const gathered = columns.map((column) => createGathered(column, range.count));
  const wide = columns.filter((column) => column.byteWidth > 0);
  if (wide.length > 0) {
    const from = Math.min(...wide.map((column) => column.byteOffset));
    const to = Math.max(...wide.map((column) => column.byteOffset + column.byteWidth));
    for await (const chunk of readRowChunks(place, range, from, to)) {
      for (const [i, column] of columns.entries()) {
        const run = { ...chunk, start: column.byteOffset - chunk.from };
        gather(column, gathered[i]!, run, chunk.first);
      }
    }
  }
  const result = new Map<string, ColumnData>();
  for (const [i, column] of columns.entries())
    result.set(column.name, await finishColumn(place, column, gathered[i]!, range.count));
  return { rows: range.count, columns: result };
}

function checkMemory(place: TablePlace, columns: readonly BintableColumn[], rows: number): void {
  const perRow = columns.reduce(
    (sum, column) => sum + (column.letter === "X" ? column.repeat : column.byteWidth),
    0,
  );
  if (perRow * rows <= place.maxBytes) return;
  throw new AlmagestError(
    "FITS.LIMIT_EXCEEDED",
    `Reading table ${place.name} takes ${perRow * rows} bytes, more than the ${place.maxBytes} allowed.`,
    { fields: { name: place.name, bytes: perRow * rows, maxBytes: place.maxBytes } },
  );
}

function createGathered(column: BintableColumn, rows: number): Gathered {
  const { letter, repeat } = column;
  if (column.descriptor !== undefined) return { kind: "descriptors", values: new Float64Array(2 * rows) };
  if (letter !== "A") return { kind: "numbers", values: createCells(letter, rows * repeat), perRow: repeat };
  const length = Math.min(column.dims?.[0] ?? column.substring ?? repeat, repeat);
  const perRow = length === 0 ? 1 : Math.floor(repeat / length);
  return { kind: "strings", values: [], length, perRow };
}

interface Run {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly stride: number;
  readonly rows: number;
}

function gather(column: BintableColumn, into: Gathered, run: Run, first: number): void {
  if (into.kind === "descriptors") {
    if (column.repeat > 0) decodeDescriptors(column, run, into.values, first);
  } else if (into.kind === "strings")
    decodeStrings({ ...run, repeat: into.perRow }, into.length, into.values);
  else {
    const perRow = into.values.length === 0 ? 0 : column.repeat * (/[CM]/.test(column.letter) ? 2 : 1);
    decodeCells(column.letter, { ...run, repeat: column.repeat }, into.values, first * perRow);
  }
}

async function finishColumn(
  place: TablePlace,
  column: BintableColumn,
  gathered: Gathered,
  rows: number,
): Promise<ColumnData> {
  const { name, unit, format, dims } = column;
  const common = { name, unit, format };
  if (gathered.kind === "descriptors")
    return { ...common, width: 1, data: await readHeapColumn(place, column, gathered.values) };
  if (gathered.kind === "strings") {
    // A table of zero-width rows passes no chunks by.
    while (gathered.values.length < rows * gathered.perRow) gathered.values.push("");
    const cells = column.dims?.slice(1) ?? [];
    return {
      ...common,
      width: gathered.perRow,
      data: gathered.values,
      ...(cells.length > 0 ? { dims: cells } : {}),
    };
  }
  const width = column.repeat * (/[CM]/.test(column.letter) ? 2 : 1);
  return {
    ...common,
    width,
    ...finishCells(column, gathered.values),
    ...(dims === undefined ? {} : { dims }),
  };
}
