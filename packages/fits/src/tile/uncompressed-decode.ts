import { viewValues } from "./gzip-decode.ts";
import type { CodecParameters, TileDecoder } from "./tile-codec.ts";

/** NOCOMPRESS: the big-endian values themselves. */
export function createUncompressedDecoder(parameters: CodecParameters): TileDecoder {
  return (bytes, tile) => viewValues(bytes.slice(), parameters, tile);
}
