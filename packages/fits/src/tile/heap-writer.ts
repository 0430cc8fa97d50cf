/** Bytes that grow by appending. */
export interface HeapWriter {
  readonly length: number;
  /** Copies bytes to the end and returns where they begin. */
  append(bytes: Uint8Array): number;
  /** All bytes so far, without copying. */
  bytes(): Uint8Array;
}

/** An empty heap with room for `expected` bytes before it first grows. */
export function createHeapWriter(expected: number): HeapWriter {
  let buffer = new Uint8Array(Math.max(1024, expected >> 1));
  let length = 0;
  return {
    get length() {
      return length;
    },
    append: (bytes) => {
      if (length + bytes.length > buffer.length) {
        const grown = new Uint8Array(Math.max(buffer.length * 2, length + bytes.length));
        grown.set(buffer.subarray(0, length));
        buffer = grown;
      }
      buffer.set(bytes, length);
      length += bytes.length;
      return length - bytes.length;
    },
    bytes: () => buffer.subarray(0, length),
  };
}
