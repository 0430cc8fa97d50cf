import { AlmagestError } from "@almagest/base";
import type { HduLayout } from "../file/layout.ts";
import { type ByteSource, readExact } from "../source/byte-source.ts";
import { type BintableColumn, cellBytes } from "../table/column-format.ts";
import { createCells, decodeCells } from "../table/decode-cells.ts";
import { decodeDescriptors, type HeapPlace } from "../table/read-heap.ts";
import type { TileBox } from "./tile-geometry.ts";
import type { TileLayout } from "./tile-layout.ts";

/** In which column the bytes of a tile were found. */
export type TileColumn = "compressed" | "gzip" | "uncompressed";

/** What the table says about one tile. */
export interface TileEntry {
  readonly tile: TileBox;
  readonly column: TileColumn;
  readonly format: BintableColumn;
  /** Place in the heap. */
  readonly offset: number;
  readonly bytes: number;
  readonly scale: number;
  readonly zero: number;
  readonly blank?: number;
}

/** Tiles are read together while gaps between them stay below the first and the whole below the second. */
const MAX_GAP_BYTES = 64 * 1024;
const MAX_RUN_BYTES = 32 * 1024 * 1024;

const TILE_COLUMNS: readonly TileColumn[] = ["compressed", "gzip", "uncompressed"];

/** Reads descriptors and scalings of the tiles; a tile whose first column is empty is looked for in the next. */
export async function readTileIndex(
  source: ByteSource,
  table: HduLayout,
  layout: TileLayout,
  tiles: readonly TileBox[],
): Promise<TileEntry[]> {
  const rowBytes = table.shape[0]!;
  const first = tiles[0]!.index;
  const rows = tiles[tiles.length - 1]!.index - first + 1;
  const bytes = await readExact(
    source,
    table.dataOffset + first * rowBytes,
    rows * rowBytes,
    "The tile table",
  );
  const run = (column: BintableColumn) => ({ bytes, start: column.byteOffset, stride: rowBytes, rows });
  const numbers = (column: BintableColumn | undefined): ArrayLike<number | bigint> | undefined => {
    if (column === undefined || column.letter === "A") return undefined;
    const out = createCells(column.letter, rows);
    decodeCells(column.letter, { ...run(column), repeat: 1 }, out, 0);
    return out;
  };
  const { columns } = layout;
  const scales = numbers(columns.scale);
  const zeros = numbers(columns.zero);
  const blanks = numbers(columns.blank);
  const descriptors = TILE_COLUMNS.flatMap((name) => {
    const column = columns[name];
    if (column === undefined) return [];
    const values = new Float64Array(2 * rows);
    decodeDescriptors(column, run(column), values, 0);
    return [{ name, column, values }];
  });
  return tiles.map((tile) => {
    const row = tile.index - first;
    const found = descriptors.find(({ values }) => values[2 * row] !== 0);
    if (found === undefined)
      throw new AlmagestError("FITS.TILE_INVALID", `Tile ${tile.index + 1} has no bytes in any column.`, {
        fields: {
          card: "COMPRESSED_DATA",
          tile: tile.index + 1,
          offset: table.dataOffset + tile.index * rowBytes,
        },
      });
    const blank = blanks === undefined ? layout.blank : Number(blanks[row]!);
    return {
      tile,
      column: found.name,
      format: found.column,
      offset: found.values[2 * row + 1]!,
      bytes: cellBytes(found.column.letter, found.values[2 * row]!),
      scale: Number(scales?.[row] ?? layout.scale ?? 1),
      zero: Number(zeros?.[row] ?? layout.zero ?? 0),
      ...(blank === undefined ? {} : { blank }),
    };
  });
}

/** Reads the bytes of tiles, neighbours together; throws `FITS.HEAP_INVALID` for a tile outside the heap. */
export async function* readTileRuns(
  source: ByteSource,
  heap: HeapPlace,
  entries: readonly TileEntry[],
): AsyncGenerator<{ readonly entry: TileEntry; readonly bytes: Uint8Array }> {
  for (const entry of entries) checkEntry(entry, heap);
  for (let i = 0; i < entries.length; ) {
    const start = entries[i]!.offset;
    let end = start + entries[i]!.bytes;
    let next = i + 1;
    for (; next < entries.length; next++) {
      const { offset, bytes } = entries[next]!;
      const near = offset >= start && offset <= end + MAX_GAP_BYTES;
      if (!near || Math.max(end, offset + bytes) - start > MAX_RUN_BYTES) break;
      end = Math.max(end, offset + bytes);
    }
    const run = await readExact(source, heap.offset + start, end - start, "Compressed tiles");
    for (; i < next; i++) {
      const entry = entries[i]!;
      yield { entry, bytes: run.subarray(entry.offset - start, entry.offset - start + entry.bytes) };
    }
  }
}

function checkEntry(entry: TileEntry, heap: HeapPlace): void {
  const { offset, bytes, tile } = entry;
  if (bytes > 0 && offset >= 0 && offset + bytes <= heap.bytes) return;
  throw new AlmagestError(
    "FITS.HEAP_INVALID",
    `Tile ${tile.index + 1} claims ${bytes} bytes at ${offset} of a heap of ${heap.bytes} bytes.`,
    { fields: { card: entry.format.name, tile: tile.index + 1, offset: heap.offset + offset, bytes } },
  );
}
