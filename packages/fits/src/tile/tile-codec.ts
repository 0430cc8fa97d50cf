import type { Bitpix } from "../image/pixel-array.ts";
import { createGzipDecoder } from "./gzip-decode.ts";
import { createHcompressDecoder } from "./hcompress-decode.ts";
import { createPlioDecoder } from "./plio-decode.ts";
import { createRiceDecoder } from "./rice-decode.ts";
import { createUncompressedDecoder } from "./uncompressed-decode.ts";

/** Stored values of one tile: integers, or the floats themselves where they were not quantised. */
export type TileValues = Uint8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array;

/** What a codec must know of the whole image. */
export interface CodecParameters {
  readonly bitpix: Bitpix;
  /** True when floats were compressed as they are. */
  readonly lossless: boolean;
  /** ZVAL of RICE_1: pixels per block, bytes per value. */
  readonly blockSize: number;
  readonly bytesPerValue: number;
  /** ZVAL of HCOMPRESS_1. */
  readonly smooth: boolean;
}

/** One tile to decode; `fail` throws `FITS.TILE_INVALID` naming the tile and its place in the file. */
export interface TileRequest {
  readonly pixelCount: number;
  /** Pixels along the first axis. */
  readonly width: number;
  fail(why: string): never;
}

/** Decodes a tile; the result may be memory that the next call reuses. */
export type TileDecoder = (bytes: Uint8Array, tile: TileRequest) => TileValues;

/** ZCMPTYPE and its decoder. To read one more algorithm, add its file and its entry. */
export const TILE_DECODERS: ReadonlyMap<string, (parameters: CodecParameters) => TileDecoder> = new Map([
  ["RICE_1", createRiceDecoder],
  ["RICE_ONE", createRiceDecoder],
  ["GZIP_1", (parameters) => createGzipDecoder(parameters, false)],
  ["GZIP_2", (parameters) => createGzipDecoder(parameters, true)],
  ["PLIO_1", createPlioDecoder],
  ["HCOMPRESS_1", createHcompressDecoder],
  ["NOCOMPRESS", createUncompressedDecoder],
]);
