import { gzipSync } from "node:zlib";
import type { PixelArray, StoredArray } from "../image/pixel-array.ts";
import { flipSign } from "../image/scaling.ts";
import { findStoredType, storeBigEndian } from "../write/encode-image.ts";
import type { CompressSpec, QuantizeSpec } from "../write/hdu-spec.ts";
import type { TileQuantization } from "./dither.ts";
import { createNoiseScratch } from "./noise.ts";
import { quantizeTile } from "./quantize.ts";
import { createRiceEncoder, type RiceValues } from "./rice-encode.ts";

/** One tile's bytes, valid until the next tile is encoded. */
export interface EncodedTile {
  readonly bytes: Uint8Array;
  /** True for floats that could not be quantised and went to GZIP_COMPRESSED_DATA as they are. */
  readonly gzip: boolean;
  readonly quantization?: TileQuantization;
}

/** Encodes the pixels of a tile of so many columns; `index` is its zero-based row in the table. */
export type TileEncoder = (pixels: PixelArray, width: number, index: number) => EncodedTile;

/** The fastest level: on noise the better ones gain little. */
const GZIP_LEVEL = 1;

type IntegerEncoder = (values: StoredArray | PixelArray) => Uint8Array;

/** Encoders of integers (or floats, for gzip) by ZCMPTYPE. To write one more algorithm, add its entry. */
const INTEGER_ENCODERS: ReadonlyMap<CompressSpec["algorithm"], () => IntegerEncoder> = new Map<
  CompressSpec["algorithm"],
  () => IntegerEncoder
>([
  [
    "RICE_1",
    () => {
      const encode = createRiceEncoder();
      return (values) => encode(values as RiceValues);
    },
  ],
  ["GZIP_1", () => (values) => gzipValues(values, false)],
  ["GZIP_2", () => (values) => gzipValues(values, true)],
]);

/** An encoder for the tiles of one image. */
export function createTileEncoder(
  image: PixelArray,
  algorithm: CompressSpec["algorithm"],
  quantize: QuantizeSpec | undefined,
  maxPixels: number,
): TileEncoder {
  const encode = INTEGER_ENCODERS.get(algorithm)!();
  if (!(image instanceof Float32Array || image instanceof Float64Array) || quantize === undefined) {
    // Codecs of integers see the stored values; gzip flips the signs itself as it writes them.
    const signed = algorithm === "RICE_1" && findStoredType(image).bzero !== 0;
    return (pixels) => ({ bytes: encode(signed ? toStored(pixels) : pixels), gzip: false });
  }
  const scratch = createNoiseScratch(image, maxPixels);
  const integers = new Int32Array(maxPixels);
  return (pixels, width, index) => {
    const floats = pixels as Float32Array | Float64Array;
    const out = integers.subarray(0, floats.length);
    const ditherRow = index + quantize.seed - 1;
    const { level, dither } = quantize;
    const quantization = quantizeTile(floats, out, { level, dither, ditherRow, width, scratch });
    if (quantization === undefined) return { bytes: gzipValues(pixels, false), gzip: true };
    return { bytes: encode(out), gzip: false, quantization };
  };
}

/** Stored values of a tile in a sign convention, as a copy. */
function toStored(pixels: PixelArray): StoredArray {
  const copy = pixels.slice();
  const { buffer, length } = copy;
  if (copy instanceof Int8Array) {
    const bytes = new Uint8Array(buffer, 0, length);
    for (let i = 0; i < length; i++) bytes[i]! ^= 0x80;
    return bytes;
  }
  if (copy instanceof Uint16Array) {
    const stored = new Int16Array(buffer, 0, length);
    flipSign(stored);
    return stored;
  }
  const stored = new Int32Array(buffer, 0, length);
  flipSign(stored);
  return stored;
}

/** Big-endian stored values, gzipped; `shuffled` puts all first bytes first, then all second ones, and so on. */
function gzipValues(values: PixelArray | StoredArray, shuffled: boolean): Uint8Array {
  const bytes = new Uint8Array(values.byteLength);
  storeBigEndian(values, bytes);
  const width = values.BYTES_PER_ELEMENT;
  return gzipSync(shuffled && width > 1 ? shuffle(bytes, width) : bytes, { level: GZIP_LEVEL });
}

function shuffle(bytes: Uint8Array, width: number): Uint8Array {
  const count = bytes.length / width;
  const out = new Uint8Array(bytes.length);
  for (let byte = 0, to = 0; byte < width; byte++)
    for (let i = 0, from = byte; i < count; i++, from += width) out[to++] = bytes[from]!;
  return out;
}
