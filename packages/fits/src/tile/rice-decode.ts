import { swapBytes } from "../source/byte-order.ts";
import type { CodecParameters, TileDecoder, TileRequest } from "./tile-codec.ts";

/** Bits of a block's split level, and the level that means plain differences, by bytes per value. */
export const RICE_LEVELS: ReadonlyMap<number, { readonly levelBits: number; readonly maxLevel: number }> =
  new Map([
    [1, { levelBits: 3, maxLevel: 6 }],
    [2, { levelBits: 4, maxLevel: 14 }],
    [4, { levelBits: 5, maxLevel: 25 }],
  ]);

/** Longest tile in bytes, so that bit positions fit 32 bits. */
const MAX_TILE_BYTES = 2 ** 27;
/** Words past the end that a peek may touch. */
const SPARE_WORDS = 4;

/** Rice decoding (Rice, Yeh & Miller 1993; FITS Standard 4.0, section 10.4.1) into values of ZVAL2 bytes. */
export function createRiceDecoder(parameters: CodecParameters): TileDecoder {
  const { blockSize, bytesPerValue } = parameters;
  let words = new Int32Array(0);
  let values: Uint8Array | Int16Array | Int32Array = new Int32Array(0);
  return (bytes, tile) => {
    if (bytes.length < bytesPerValue) tile.fail(`it has only ${bytes.length} bytes`);
    if (bytes.length > MAX_TILE_BYTES) tile.fail(`its ${bytes.length} bytes are too many`);
    // A block takes at most a word per pixel on the fast path before the check at its end, so that much zero padding is safe.
    const wordCount = Math.ceil(bytes.length / 4) + blockSize + SPARE_WORDS;
    if (words.length < wordCount) words = new Int32Array(wordCount * 2);
    const target = new Uint8Array(words.buffer, 0, wordCount * 4);
    target.set(bytes);
    target.fill(0, bytes.length);
    swapBytes(target, 4);
    if (values.length !== tile.pixelCount) {
      if (bytesPerValue === 1) values = new Uint8Array(tile.pixelCount);
      else if (bytesPerValue === 2) values = new Int16Array(tile.pixelCount);
      else values = new Int32Array(tile.pixelCount);
    }
    decodeRice(words, bytes.length * 8, values, { blockSize, bytesPerValue, tile });
    return values;
  };
}

interface RiceStream {
  readonly blockSize: number;
  readonly bytesPerValue: number;
  readonly tile: TileRequest;
}

function decodeRice(
  words: Int32Array,
  bitLength: number,
  out: Uint8Array | Int16Array | Int32Array,
  stream: RiceStream,
): void {
  const { blockSize, bytesPerValue, tile } = stream;
  const { levelBits, maxLevel } = RICE_LEVELS.get(bytesPerValue)!;
  const valueBits = bytesPerValue * 8;
  const count = out.length;
  let last = peekBits(words, 0, valueBits) | 0;
  let at = valueBits;
  for (let start = 0; start < count; start += blockSize) {
    const end = Math.min(start + blockSize, count);
    const level = peekBits(words, at, levelBits) - 1;
    at += levelBits;
    if (level < 0) {
      for (let i = start; i < end; i++) out[i] = last;
    } else if (level === maxLevel) {
      if (at + (end - start) * valueBits > bitLength) tile.fail(`it ends before pixel ${end} of ${count}`);
      for (let i = start; i < end; i++) {
        const code = peekBits(words, at, valueBits);
        at += valueBits;
        last = (last + ((code >>> 1) ^ -(code & 1))) | 0;
        out[i] = last;
      }
    } else if (level > maxLevel)
      tile.fail(`its block at pixel ${start} has the impossible split level ${level}`);
    else {
      for (let i = start; i < end; i++) {
        const word = at >>> 5;
        const shift = at & 31;
        const window = (words[word]! << shift) | ((words[word + 1]! >>> 1) >>> (31 - shift));
        const zeros = Math.clz32(window);
        let code = 0;
        if (zeros + level < 32) {
          // Bits after the terminating one, moved to the low end; two shifts, as shifting by 32 does nothing.
          code = (zeros << level) | ((((window << zeros) << 1) >>> 1) >>> (31 - level));
          at += zeros + 1 + level;
        } else {
          const top = countZeros(words, at, bitLength);
          if (top < 0) tile.fail(`it ends at pixel ${i} of ${count}`);
          at += top + 1;
          code = (top << level) | (level === 0 ? 0 : peekBits(words, at, level));
          at += level;
          if (at > bitLength) tile.fail(`it ends at pixel ${i} of ${count}`);
        }
        last = (last + ((code >>> 1) ^ -(code & 1))) | 0;
        out[i] = last;
      }
    }
    if (at > bitLength) tile.fail(`it ends before pixel ${end} of ${count}`);
  }
}

/** `count` bits (1 to 32) from bit `at`, as an unsigned number in 32 bits. */
function peekBits(words: Int32Array, at: number, count: number): number {
  const word = at >>> 5;
  const shift = at & 31;
  const window = (words[word]! << shift) | ((words[word + 1]! >>> 1) >>> (31 - shift));
  return window >>> (32 - count);
}

/** Zero bits from bit `at` up to the next one, or −1 when there is none before the end. */
function countZeros(words: Int32Array, at: number, bitLength: number): number {
  let zeros = 0;
  while (at + zeros < bitLength) {
    const more = Math.clz32(peekBits(words, at + zeros, 32));
    zeros += more;
    if (more < 32) return zeros;
  }
  return -1;
}
