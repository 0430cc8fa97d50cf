import { gunzipSync } from "node:zlib";
import { swapBytes } from "../source/byte-order.ts";
import type { CodecParameters, TileDecoder, TileRequest, TileValues } from "./tile-codec.ts";

/** GZIP_1 and, with the bytes of equal significance gathered (`shuffled`), GZIP_2. */
export function createGzipDecoder(parameters: CodecParameters, shuffled: boolean): TileDecoder {
  return (bytes, tile) => {
    const plain = gunzipTile(bytes, tile);
    return viewValues(shuffled ? unshuffle(plain, plain.length / tile.pixelCount) : plain, parameters, tile);
  };
}

/** Unpacks the gzip stream of a tile, at most eight bytes per pixel. */
export function gunzipTile(bytes: Uint8Array, tile: TileRequest): Uint8Array<ArrayBuffer> {
  try {
    const plain = gunzipSync(bytes, { maxOutputLength: tile.pixelCount * 8 });
    // Small results share a pool; an own copy is aligned and may be swapped in place.
    return plain.byteOffset % 8 === 0
      ? new Uint8Array(plain.buffer, plain.byteOffset, plain.length)
      : plain.slice();
  } catch (cause) {
    return tile.fail(`its gzip stream is damaged (${(cause as Error).message})`);
  }
}

/** Big-endian values of 1, 2, 4 or 8 bytes, whichever fit the tile, as an array of that type, swapped in place. */
export function viewValues(
  bytes: Uint8Array<ArrayBuffer>,
  parameters: Pick<CodecParameters, "lossless" | "bitpix">,
  tile: TileRequest,
): TileValues {
  const { buffer, byteOffset } = bytes;
  const { pixelCount } = tile;
  const width = bytes.length / pixelCount;
  const floats = parameters.lossless;
  if (floats && width * 8 !== -parameters.bitpix)
    tile.fail(`it holds ${bytes.length} bytes for ${pixelCount} floats`);
  if (width === 1) return bytes;
  if (width !== 2 && width !== 4 && width !== 8)
    return tile.fail(`it holds ${bytes.length} bytes for ${pixelCount} pixels`);
  swapBytes(bytes, width);
  if (width === 2) return new Int16Array(buffer, byteOffset, pixelCount);
  if (width === 4)
    return floats
      ? new Float32Array(buffer, byteOffset, pixelCount)
      : new Int32Array(buffer, byteOffset, pixelCount);
  return floats
    ? new Float64Array(buffer, byteOffset, pixelCount)
    : new BigInt64Array(buffer, byteOffset, pixelCount);
}

/** Undoes the gathering of first, second, … bytes. */
function unshuffle(bytes: Uint8Array<ArrayBuffer>, width: number): Uint8Array<ArrayBuffer> {
  const count = bytes.length / width;
  if (!Number.isInteger(width)) return bytes;
  const out = new Uint8Array(bytes.length);
  for (let byte = 0; byte < width; byte++)
    for (let i = 0, from = byte * count, to = byte; i < count; i++, from++, to += width)
      out[to] = bytes[from]!;
  return out;
}
