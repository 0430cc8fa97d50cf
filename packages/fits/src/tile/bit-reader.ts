/** Reads big-endian bits from bytes; past the end it calls `fail`. */
export interface BitReader {
  /** The next `count` (≤ 8) bits. */
  read(count: number): number;
  /** Skips to the next whole byte. */
  align(): void;
}

/** A reader beginning at byte `start`. */
export function createBitReader(bytes: Uint8Array, start: number, fail: (why: string) => never): BitReader {
  let next = start;
  let buffer = 0;
  let held = 0;
  return {
    read: (count) => {
      if (held < count) {
        if (next >= bytes.length) fail(`it ends after ${bytes.length} bytes`);
        buffer = ((buffer << 8) | bytes[next++]!) & 0xffff;
        held += 8;
      }
      held -= count;
      return (buffer >> held) & ((1 << count) - 1);
    },
    align: () => {
      held = 0;
    },
  };
}
