import type { CodecParameters, TileDecoder } from "./tile-codec.ts";

/** Words before the instructions of a list in the old form. */
const HEADER_WORDS_OLD = 3;

/**
 * IRAF pixel lists (FITS Standard 4.0, section 10.4.3): 16-bit instructions of a 4-bit code and 12 bits of data that draw runs of a
 * value going up and down. Pixels after the last instruction are zero, as the format has it.
 */
export function createPlioDecoder(_parameters: CodecParameters): TileDecoder {
  let out = new Int32Array(0);
  return (bytes, tile) => {
    if (bytes.length % 2 !== 0) tile.fail("it has an odd number of bytes");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const words = bytes.length / 2;
    if (words < HEADER_WORDS_OLD) tile.fail(`it has only ${words} words`);
    // Word 2 positive: the old header with its length there; else word 1 is the header's length and 3, 4 the list's.
    const old = view.getInt16(4) > 0;
    if (!old && words < 5) tile.fail(`it has only ${words} words`);
    const length = old ? view.getInt16(4) : view.getInt16(8) * 32768 + view.getInt16(6);
    const first = old ? HEADER_WORDS_OLD : view.getInt16(2);
    if (length < 0 || length > words || first < 0)
      tile.fail(`its header promises ${length} words of ${words}`);
    if (out.length !== tile.pixelCount) out = new Int32Array(tile.pixelCount);
    else out.fill(0);
    let at = 0;
    let value = 1;
    for (let word = first; word < length && at < out.length; word++) {
      const instruction = view.getUint16(word * 2);
      const data = instruction & 0xfff;
      switch (instruction >> 12) {
        case 0:
          at += data;
          break;
        case 1:
          if (word + 1 >= length) tile.fail("its last instruction lacks its second word");
          value = (view.getInt16(++word * 2) << 12) + data;
          break;
        case 2:
          value += data;
          break;
        case 3:
          value -= data;
          break;
        case 4:
          out.fill(value, at, Math.min(at + data, out.length));
          at += data;
          break;
        case 5:
          at += data;
          if (data > 0 && at <= out.length) out[at - 1] = value;
          break;
        case 6:
          value += data;
          out[at++] = value;
          break;
        case 7:
          value -= data;
          out[at++] = value;
          break;
        default:
          tile.fail(`its word ${word} is no instruction`);
      }
    }
    return out;
  };
}
