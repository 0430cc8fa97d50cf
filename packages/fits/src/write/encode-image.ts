import { padToBlock } from "../file/layout.ts";
import type { CardValue } from "../header/card.ts";
import { type Bitpix, bytesPerPixel, countPixels, type PixelArray } from "../image/pixel-array.ts";
import { swapBytes } from "../source/byte-order.ts";
import { buildHeader, type EncodedHdu, invalidSpec } from "./encoded-hdu.ts";
import type { ImageSpec } from "./hdu-spec.ts";

/** How the type of an array is stored: BITPIX, and the BZERO of its sign convention. */
export interface StoredType {
  readonly bitpix: Bitpix;
  readonly bzero: number | bigint;
}

/** BITPIX and BZERO for the type of an array. */
export function findStoredType(data: PixelArray): StoredType {
  if (data instanceof Uint8Array) return { bitpix: 8, bzero: 0 };
  if (data instanceof Int8Array) return { bitpix: 8, bzero: -128 };
  if (data instanceof Int16Array) return { bitpix: 16, bzero: 0 };
  if (data instanceof Uint16Array) return { bitpix: 16, bzero: 2 ** 15 };
  if (data instanceof Int32Array) return { bitpix: 32, bzero: 0 };
  if (data instanceof Uint32Array) return { bitpix: 32, bzero: 2 ** 31 };
  if (data instanceof BigInt64Array) return { bitpix: 64, bzero: 0 };
  if (data instanceof BigUint64Array) return { bitpix: 64, bzero: 2n ** 63n };
  if (data instanceof Float32Array) return { bitpix: -32, bzero: 0 };
  return { bitpix: -64, bzero: 0 };
}

/** Writes numbers into `target` as big-endian stored values: sign bits flipped where `bzero` says so. */
export function storeBigEndian(data: PixelArray, target: Uint8Array): void {
  target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const width = data.BYTES_PER_ELEMENT as 1 | 2 | 4 | 8;
  swapBytes(target, width);
  if (findStoredType(data).bzero === 0) return;
  for (let at = 0; at < target.length; at += width) target[at]! ^= 0x80;
}

/** The shape and pixels of an image spec, checked against each other; throws `FITS.SPEC_INVALID`. */
export function checkImageSpec(spec: ImageSpec): {
  readonly data: PixelArray;
  readonly shape: readonly number[];
} {
  const data = spec.data ?? new Uint8Array(0);
  const shape = spec.shape ?? (spec.data === undefined ? [] : [data.length]);
  if (shape.some((length) => !Number.isSafeInteger(length) || length < 0) || shape.length > 999)
    invalidSpec(`the shape ${shape.join(" × ")} is none`, { shape });
  if (countPixels(shape) !== data.length)
    invalidSpec(`${data.length} pixels do not fill the shape ${shape.join(" × ")}`, {
      shape,
      length: data.length,
    });
  return { data, shape };
}

/** The BSCALE and BZERO cards of an image. */
export function scaleCards(spec: ImageSpec, stored: StoredType): [string, CardValue, string][] {
  const { bscale, bzero } = spec.scale ?? { bscale: 1, bzero: stored.bzero };
  if (spec.scale !== undefined && stored.bzero !== 0)
    invalidSpec("an unsigned array cannot take another scaling besides its own");
  if (bscale === 1 && bzero === 0) return [];
  return [
    ["BSCALE", bscale, "physical = BZERO + BSCALE * stored"],
    ["BZERO", bzero, ""],
  ];
}

/** Encodes a plain image HDU. */
export function encodeImage(spec: ImageSpec, isPrimary: boolean): EncodedHdu {
  const { data, shape } = checkImageSpec(spec);
  const stored = findStoredType(data);
  const header = buildHeader(
    [
      isPrimary ? ["SIMPLE", true] : ["XTENSION", "IMAGE"],
      ["BITPIX", stored.bitpix],
      ["NAXIS", shape.length],
      ...shape.map((length, axis): [string, number] => [`NAXIS${axis + 1}`, length]),
      ...(isPrimary
        ? [["EXTEND", true] as const]
        : ([
            ["PCOUNT", 0],
            ["GCOUNT", 1],
          ] as const)),
      ...scaleCards(spec, stored),
    ],
    spec,
    stored.bitpix < 0 ? new Set(["BLANK"]) : new Set(),
  );
  const dataBytes = padToBlock(data.length * bytesPerPixel(stored.bitpix));
  return { header, dataBytes, pieces: () => storedPieces(data, dataBytes) };
}

/** Small enough to stay in the processor's cache from the swap of bytes to the disk. */
const PIECE_BYTES = 256 * 1024;

/** Pixels as stored, in pieces that share one buffer, with zeros up to `dataBytes`. */
function* storedPieces(data: PixelArray, dataBytes: number): Generator<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(Math.min(PIECE_BYTES, dataBytes));
  const pixels = PIECE_BYTES / data.BYTES_PER_ELEMENT;
  for (let from = 0, at = 0; at < dataBytes; from += pixels, at += PIECE_BYTES) {
    const part = data.subarray(from, from + pixels) as PixelArray;
    storeBigEndian(part, buffer.subarray(0, part.byteLength));
    const end = Math.min(PIECE_BYTES, dataBytes - at);
    buffer.fill(0, part.byteLength, end);
    yield buffer.subarray(0, end);
  }
}
