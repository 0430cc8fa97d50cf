import { AlmagestError } from "@almagest/base";
import type { HduLayout } from "../file/layout.ts";
import type { Header } from "../header/header.ts";
import { countPixels, createStored, type StoredArray } from "../image/pixel-array.ts";
import type { Region } from "../image/section.ts";
import type { ByteSource } from "../source/byte-source.ts";
import { checkRange } from "../source/byte-source.ts";
import { locateHeap } from "../table/read-heap.ts";
import { convertTile } from "./convert-tile.ts";
import { restoreImageHeader } from "./image-header.ts";
import { decodeTileBytes } from "./tile-bytes.ts";
import { TILE_DECODERS } from "./tile-codec.ts";
import { copyTile, isContiguous, listTiles, type TileBox } from "./tile-geometry.ts";
import { readTileIndex, readTileRuns } from "./tile-index.ts";
import { readTileLayout, type TileLayout } from "./tile-layout.ts";

/** A tile-compressed image, ready to be read in part or whole. */
export interface CompressedImage {
  /** The header of the image within. */
  readonly header: Header;
  readonly layout: TileLayout;
  /** Stored pixels of a region; only the tiles it touches are read and decoded. */
  read(region: Region): Promise<StoredArray>;
}

/** Reads what the header says about the compression; no data are read yet. */
export function openCompressedImage(source: ByteSource, stored: Header, table: HduLayout): CompressedImage {
  const layout = readTileLayout(stored, table);
  const place = { source, header: stored, layout: table };
  const heap = locateHeap(place);

  const read = async (region: Region): Promise<StoredArray> => {
    const count = countPixels(region.shape);
    checkRange(source, table.dataOffset, table.dataBytes, "A compressed image");
    const out = createStored(layout.bitpix, count);
    if (count === 0) return out;
    const tiles = listTiles(layout, region);
    const index = await readTileIndex(source, table, layout, tiles);
    const decode = TILE_DECODERS.get(layout.algorithm)!(layout.codec);
    let scratch = createStored(layout.bitpix, 0);
    for await (const { entry, bytes } of readTileRuns(source, heap, index)) {
      const { tile } = entry;
      const request = {
        pixelCount: tile.pixelCount,
        width: tile.shape[0]!,
        fail: (why: string) => failTile(tile, heap.offset + entry.offset, why),
      };
      const values = decodeTileBytes(entry, bytes, { layout, request, decode });
      const direct = isContiguous(tile, region);
      if (!direct && scratch.length !== tile.pixelCount)
        scratch = createStored(layout.bitpix, tile.pixelCount);
      const target = direct ? out.subarray(direct.offset, direct.offset + tile.pixelCount) : scratch;
      convertTile(values, target as StoredArray, { layout, entry, request });
      if (!direct) copyTile(scratch, tile, out, region);
    }
    return out;
  };
  return { header: restoreImageHeader(stored), layout, read };
}

function failTile(tile: TileBox, offset: number, why: string): never {
  throw new AlmagestError(
    "FITS.TILE_INVALID",
    `Tile ${tile.index + 1} (bytes at ${offset}) is damaged: ${why}.`,
    {
      fields: { card: "COMPRESSED_DATA", tile: tile.index + 1, offset },
    },
  );
}
