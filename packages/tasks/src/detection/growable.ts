/** Doubles a typed array until it holds `needed` values, keeping what it has. */
export function ensureInt32(array: Int32Array<ArrayBuffer>, needed: number): Int32Array<ArrayBuffer> {
  if (needed <= array.length) return array;
  const out = new Int32Array(Math.max(needed, array.length * 2));
  out.set(array);
  return out;
}

/** The same for 32-bit floats. */
export function ensureFloat32(array: Float32Array<ArrayBuffer>, needed: number): Float32Array<ArrayBuffer> {
  if (needed <= array.length) return array;
  const out = new Float32Array(Math.max(needed, array.length * 2));
  out.set(array);
  return out;
}
