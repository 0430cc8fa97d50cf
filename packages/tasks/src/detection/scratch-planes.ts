/**
 * Large buffers that detection and measurement use and give back. A fresh 64 MB plane costs more in page faults than most
 * passes over it, so a worker that goes from frame to frame keeps a few. Contents are undefined when borrowed.
 */
const kept: ArrayBuffer[] = [];
const MOST_KEPT = 2;

/** A buffer of exactly `bytes`, kept or new. */
function borrow(bytes: number): ArrayBuffer {
  const at = kept.findIndex((buffer) => buffer.byteLength === bytes);
  if (at >= 0) return kept.splice(at, 1)[0]!;
  return new ArrayBuffer(bytes);
}

/** Buffers of nearby sizes share one length, so that planes with and without a rim can take each other's place. */
function roundedBytes(values: number): number {
  const grain = 1 << 20;
  return Math.ceil((values * 4) / grain + 0.25) * grain;
}

/** Borrows a plane of 32-bit floats. */
export function borrowFloats(values: number): Float32Array<ArrayBuffer> {
  return new Float32Array(borrow(roundedBytes(values)), 0, values);
}

/** Borrows a plane of 32-bit integers. */
export function borrowInts(values: number): Int32Array<ArrayBuffer> {
  return new Int32Array(borrow(roundedBytes(values)), 0, values);
}

/** Gives a borrowed plane back; nothing may use it afterwards. Planes under 1 MB are let go. */
export function giveBack(plane: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>): void {
  if (plane.buffer.byteLength > 1 << 20) kept.push(plane.buffer);
  while (kept.length > MOST_KEPT) kept.shift();
}
