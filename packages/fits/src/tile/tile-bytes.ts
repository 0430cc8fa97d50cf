import { createCells, decodeCells } from "../table/decode-cells.ts";
import { gunzipTile, viewValues } from "./gzip-decode.ts";
import type { TileDecoder, TileRequest, TileValues } from "./tile-codec.ts";
import type { TileEntry } from "./tile-index.ts";
import type { TileLayout } from "./tile-layout.ts";

/** What decoding a tile needs besides its bytes. */
export interface TileContext {
  readonly layout: TileLayout;
  readonly request: TileRequest;
  readonly decode: TileDecoder;
}

/**
 * Decodes a tile's bytes according to the column they were found in: the algorithm's own, or the fallbacks GZIP_COMPRESSED_DATA (floats as
 * they are) and UNCOMPRESSED_DATA.
 */
export function decodeTileBytes(entry: TileEntry, bytes: Uint8Array, context: TileContext): TileValues {
  const { layout, request } = context;
  if (entry.column === "compressed") return context.decode(bytes, request);
  if (entry.column === "gzip") {
    const plain = gunzipTile(bytes, request);
    return viewValues(plain, { ...layout.codec, lossless: layout.bitpix < 0 }, request);
  }
  const { letter } = entry.format;
  if (letter === "A" || letter === "X" || letter === "L" || letter === "C" || letter === "M")
    return request.fail(`UNCOMPRESSED_DATA has the type ${letter}`);
  const width = createCells(letter, 0).BYTES_PER_ELEMENT;
  if (bytes.length !== request.pixelCount * width)
    request.fail(`its ${bytes.length} bytes are not ${request.pixelCount} pixels`);
  const values = createCells(letter, request.pixelCount);
  decodeCells(letter, { bytes, start: 0, stride: 0, rows: 1, repeat: request.pixelCount }, values, 0);
  return values;
}
