/**
 * Large buffers that are given back and used again. A fresh plane of 64 MB costs more in page faults than most passes over
 * it, and each makes the collector look for garbage once more: so what goes from frame to frame keeps a few, per thread.
 */
const kept: ArrayBuffer[] = [];
let keptBytes = 0;

/** Smaller buffers are neither rounded nor kept. */
const LARGE = 1 << 18;
/** At most so much is kept: nine planes of 4096², with room for a rim. */
const MOST_KEPT_BYTES = 640 * 2 ** 20;

/** Buffers of nearby sizes share one length, so that planes with and without a rim can take each other's place. */
function roundSize(bytes: number): number {
  return bytes < LARGE ? bytes : Math.ceil(bytes / LARGE + 0.25) * LARGE;
}

/** A buffer of at least `bytes`, kept or new; its contents are undefined. */
export function borrowBuffer(bytes: number): ArrayBuffer {
  const size = roundSize(bytes);
  const at = kept.findLastIndex((buffer) => buffer.byteLength === size);
  if (at < 0) return new ArrayBuffer(size);
  keptBytes -= size;
  return kept.splice(at, 1)[0]!;
}

/**
 * Gives a buffer back, of whichever origin; nothing may use it afterwards, so only its owner may do this, once. Small, shared
 * and foreign ones are let go, and the oldest where too much is kept.
 */
export function returnBuffer(buffer: ArrayBufferLike): void {
  const size = buffer.byteLength;
  if (!(buffer instanceof ArrayBuffer) || size < LARGE || size % LARGE !== 0 || kept.includes(buffer)) return;
  kept.push(buffer);
  keptBytes += size;
  while (keptBytes > MOST_KEPT_BYTES) keptBytes -= kept.shift()!.byteLength;
}

/** Borrows a plane of 32-bit floats, contents undefined. */
export function borrowFloats(values: number): Float32Array<ArrayBuffer> {
  return new Float32Array(borrowBuffer(values * 4), 0, values);
}

/** Borrows a plane of signed 32-bit integers, contents undefined. */
export function borrowInts(values: number): Int32Array<ArrayBuffer> {
  return new Int32Array(borrowBuffer(values * 4), 0, values);
}

/** Borrows a plane of unsigned 32-bit integers, contents undefined. */
export function borrowWords(values: number): Uint32Array<ArrayBuffer> {
  return new Uint32Array(borrowBuffer(values * 4), 0, values);
}
