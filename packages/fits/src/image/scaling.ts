import type { Header } from "../header/header.ts";
import type { Bitpix, PixelArray, StoredArray } from "./pixel-array.ts";

/** How stored pixels become physical ones: physical = bzero + bscale · stored, `blank` is undefined. */
export interface PixelScaling {
  readonly bscale: number;
  readonly bzero: number;
  /** Stored value of undefined integer pixels. */
  readonly blank?: number;
}

/** Physical pixels; `blank` marks undefined ones where integers could not become NaN. */
export interface ScaledPixels {
  readonly data: PixelArray;
  readonly blank?: number;
}

/** BZERO of the unsigned conventions by BITPIX (FITS Standard 4.0, table 11); bytes are made signed instead. */
const SIGN_OFFSETS: ReadonlyMap<Bitpix, number> = new Map<Bitpix, number>([
  [8, -128],
  [16, 2 ** 15],
  [32, 2 ** 31],
  [64, 2 ** 63],
]);

/** Reads BSCALE, BZERO and (for integers) BLANK. */
export function readScaling(header: Header, bitpix: Bitpix): PixelScaling {
  const bscale = header.getNumber("BSCALE") ?? 1;
  const bzero = header.getNumber("BZERO") ?? 0;
  const blank = bitpix > 0 ? header.getNumber("BLANK") : undefined;
  return { bscale, bzero, ...(blank === undefined ? {} : { blank }) };
}

/** Applies the scaling, in place where the type allows: see README for the types that come out. */
export function scalePixels(stored: StoredArray, bitpix: Bitpix, scaling: PixelScaling): ScaledPixels {
  const { bscale, bzero, blank } = scaling;
  const marked = blank === undefined ? {} : { blank };
  if (bscale === 1 && bzero === 0) return { data: stored, ...marked };
  if (bscale === 1 && bzero === SIGN_OFFSETS.get(bitpix))
    return { data: flipSign(stored), ...(blank === undefined ? {} : { blank: blank + bzero }) };
  return { data: toFloats(stored, bitpix, scaling) };
}

/** Flips the sign bit of each integer in place: the unsigned (or, for bytes, signed) view of the same memory. */
export function flipSign(stored: StoredArray): PixelArray {
  const { buffer, byteOffset, length } = stored;
  if (stored instanceof Uint8Array) {
    for (let i = 0; i < length; i++) stored[i]! ^= 0x80;
    return new Int8Array(buffer, byteOffset, length);
  }
  if (stored instanceof Int16Array) {
    const out = new Uint16Array(buffer, byteOffset, length);
    for (let i = 0; i < length; i++) out[i]! ^= 0x8000;
    return out;
  }
  if (stored instanceof Int32Array) {
    const out = new Uint32Array(buffer, byteOffset, length);
    for (let i = 0; i < length; i++) out[i]! ^= 0x80000000;
    return out;
  }
  const words = new Uint32Array(buffer, byteOffset, 2 * length);
  for (let i = 1; i < words.length; i += 2) words[i]! ^= 0x80000000;
  return new BigUint64Array(buffer, byteOffset, length);
}

function toFloats(stored: StoredArray, bitpix: Bitpix, scaling: PixelScaling): PixelArray {
  const { bscale, bzero } = scaling;
  const inPlace = stored instanceof Float32Array || stored instanceof Float64Array;
  const out = inPlace
    ? stored
    : bitpix === 8 || bitpix === 16
      ? new Float32Array(stored.length)
      : new Float64Array(stored.length);
  const blank = scaling.blank ?? Number.NaN;
  if (stored instanceof BigInt64Array) {
    for (let i = 0; i < stored.length; i++) {
      const value = Number(stored[i]!);
      out[i] = value === blank ? Number.NaN : value * bscale + bzero;
    }
  } else {
    for (let i = 0; i < stored.length; i++) {
      const value = stored[i]!;
      out[i] = value === blank ? Number.NaN : value * bscale + bzero;
    }
  }
  return out;
}
