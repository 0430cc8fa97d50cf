/** Any array of pixels this room gives or takes. */
export type PixelArray =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** Pixels as they are stored in a file, before BSCALE and BZERO. */
export type StoredArray =
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** Values of the BITPIX card. */
export type Bitpix = 8 | 16 | 32 | 64 | -32 | -64;

/** Bytes of one stored pixel. */
export function bytesPerPixel(bitpix: Bitpix): 1 | 2 | 4 | 8 {
  return (Math.abs(bitpix) / 8) as 1 | 2 | 4 | 8;
}

/** An array of the stored type over a buffer (or the first `length` pixels of it), or a new one of as many zeros. */
export function createStored(bitpix: Bitpix, source: ArrayBuffer | number, length?: number): StoredArray {
  const buffer = typeof source === "number" ? new ArrayBuffer(source * bytesPerPixel(bitpix)) : source;
  switch (bitpix) {
    case 8:
      return new Uint8Array(buffer, 0, length);
    case 16:
      return new Int16Array(buffer, 0, length);
    case 32:
      return new Int32Array(buffer, 0, length);
    case 64:
      return new BigInt64Array(buffer, 0, length);
    case -32:
      return new Float32Array(buffer, 0, length);
    case -64:
      return new Float64Array(buffer, 0, length);
  }
}

/** The product of the axes, as a plain number. */
export function countPixels(shape: readonly number[]): number {
  return shape.length === 0 ? 0 : shape.reduce((product, length) => product * length, 1);
}
