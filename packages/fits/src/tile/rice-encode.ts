import { swapBytes } from "../source/byte-order.ts";
import { RICE_LEVELS } from "./rice-decode.ts";

/** Integers that RICE_1 writes with as many bytes each. */
export type RiceValues = Uint8Array | Int16Array | Int32Array;

/** Pixels per block; the only size other programs are sure to read. */
export const RICE_BLOCK_PIXELS = 32;

/** An encoder that reuses its memory from tile to tile; what it returns is valid until the next call. */
export function createRiceEncoder(): (values: RiceValues) => Uint8Array {
  let words = new Int32Array(0);
  return (values) => {
    const valueBits = values.BYTES_PER_ELEMENT * 8;
    const room = Math.ceil((values.length * (valueBits + 8)) / 32) + 16;
    if (words.length < room) words = new Int32Array(room);
    const bits = encodeRice(values, words);
    const bytes = new Uint8Array(words.buffer, 0, Math.ceil(bits / 32) * 4);
    swapBytes(bytes, 4);
    return bytes.subarray(0, Math.ceil(bits / 8));
  };
}

/** Writes the bits of a tile into words, first bit highest, and returns their number. */
function encodeRice(values: RiceValues, words: Int32Array): number {
  const { levelBits, maxLevel } = RICE_LEVELS.get(values.BYTES_PER_ELEMENT)!;
  const valueBits = values.BYTES_PER_ELEMENT * 8;
  const spare = 32 - valueBits;
  const codes = new Int32Array(RICE_BLOCK_PIXELS);
  let word = 0;
  let held = 0;
  let free = 32;
  /** Appends the low `count` (1 to 32) bits of `bits`; higher ones must be zero. */
  const put = (bits: number, count: number): void => {
    if (count <= free) {
      free -= count;
      held |= bits << free;
      if (free > 0) return;
      words[word++] = held;
      held = 0;
      free = 32;
      return;
    }
    const over = count - free;
    words[word++] = held | (bits >>> over);
    free = 32 - over;
    held = bits << free;
  };

  const mask = spare === 0 ? -1 : (1 << valueBits) - 1;
  let last = values[0]!;
  put(last & mask, valueBits);
  for (let start = 0; start < values.length; start += RICE_BLOCK_PIXELS) {
    const count = Math.min(RICE_BLOCK_PIXELS, values.length - start);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const value = values[start + i]!;
      // Differences wrap to the width of the values; then 0, −1, 1, −2, … become 0, 1, 2, 3, …
      const difference = ((value - last) << spare) >> spare;
      last = value;
      const code = ((difference << 1) ^ (difference >> 31)) & mask;
      codes[i] = code;
      sum += code >>> 0;
    }
    const mean = Math.max((sum - (count >> 1) - 1) / count, 0);
    const level = 32 - Math.clz32(Math.trunc(mean) >>> 1);
    if (level >= maxLevel) {
      put(maxLevel + 1, levelBits);
      for (let i = 0; i < count; i++) put(codes[i]!, valueBits);
    } else if (level === 0 && sum === 0) put(0, levelBits);
    else {
      put(level + 1, levelBits);
      const low = (1 << level) - 1;
      for (let i = 0; i < count; i++) {
        const code = codes[i]!;
        let zeros = code >>> level;
        for (; zeros + 1 + level > 32; zeros -= Math.min(zeros, 31)) put(0, Math.min(zeros, 31));
        put((1 << level) | (code & low), zeros + 1 + level);
      }
    }
  }
  const bits = word * 32 + 32 - free;
  if (free < 32) words[word] = held;
  return bits;
}
