import { borrowBuffer } from "@almagest/base";
import { swapBytes } from "../source/byte-order.ts";
import { type ByteSource, checkRange, readExact, readExactInto } from "../source/byte-source.ts";
import { type Bitpix, bytesPerPixel, countPixels, createStored, type StoredArray } from "./pixel-array.ts";
import type { Region } from "./section.ts";

/** Rows are read together up to this many bytes when only part of each is wanted. */
const BAND_BYTES = 4 * 1024 * 1024;

/** Where the pixels of a plain image lie. */
export interface ImagePlace {
  readonly offset: number;
  readonly bitpix: Bitpix;
  readonly shape: readonly number[];
  readonly name: string;
}

/** Reads stored pixels of a region of a plain image, row-major, in this machine's byte order. A large buffer is borrowed: its
 * owner may give it back. */
export async function readPlainImage(
  source: ByteSource,
  place: ImagePlace,
  region: Region,
): Promise<StoredArray> {
  const width = bytesPerPixel(place.bitpix);
  const what = `Image ${place.name}`;
  const count = countPixels(region.shape);
  if (count === 0) return createStored(place.bitpix, 0);
  const lastByte = place.offset + (lastPixel(place.shape, region) + 1) * width;
  checkRange(source, place.offset, lastByte - place.offset, what);
  const buffer = borrowBuffer(count * width);
  const target = new Uint8Array(buffer, 0, count * width);
  const [nx = 1, ny = 1] = place.shape;
  const [x0 = 0, y0 = 0] = region.start;
  const [columns = 1, rows = 1] = region.shape;
  const planes = countPixels([1, ...region.shape.slice(2)]);
  for (let plane = 0; plane < planes; plane++) {
    const first = place.offset + (plane * nx * ny + y0 * nx + x0) * width;
    const out = target.subarray(plane * rows * columns * width, (plane + 1) * rows * columns * width);
    if (columns === nx) await readSwapped(source, first, out, width, what);
    else {
      await readBand(source, { first, stride: nx * width, bytes: columns * width, rows, what }, out);
      swapBytes(out, width);
    }
  }
  return createStored(place.bitpix, buffer, count);
}

/** Fills `out` piece by piece; while one piece is swapped the next is already on its way. */
async function readSwapped(
  source: ByteSource,
  offset: number,
  out: Uint8Array,
  width: 1 | 2 | 4 | 8,
  what: string,
): Promise<void> {
  const start = (at: number): Promise<Uint8Array> => {
    const piece = out.subarray(at, Math.min(at + BAND_BYTES, out.byteLength));
    return readExactInto(source, offset + at, piece, what).then(() => piece);
  };
  let pending = start(0);
  for (let at = BAND_BYTES; ; at += BAND_BYTES) {
    const piece = await pending;
    const more = at < out.byteLength;
    if (more) pending = start(at);
    swapBytes(piece, width);
    if (!more) return;
  }
}

interface Band {
  readonly first: number;
  readonly stride: number;
  readonly bytes: number;
  readonly rows: number;
  readonly what: string;
}

/** Gathers equal pieces of consecutive rows: row by row when narrow, else many rows at a time. */
async function readBand(source: ByteSource, band: Band, out: Uint8Array): Promise<void> {
  const { first, stride, bytes, rows, what } = band;
  const together = bytes * 8 < stride ? 1 : Math.max(1, Math.floor(BAND_BYTES / stride));
  for (let row = 0; row < rows; row += together) {
    const count = Math.min(together, rows - row);
    const chunk = await readExact(source, first + row * stride, (count - 1) * stride + bytes, what);
    for (let i = 0; i < count; i++)
      out.set(chunk.subarray(i * stride, i * stride + bytes), (row + i) * bytes);
  }
}

/** Index of the last pixel the region needs. */
function lastPixel(shape: readonly number[], region: Region): number {
  let index = 0;
  for (let axis = shape.length - 1; axis >= 0; axis--)
    index = index * shape[axis]! + region.start[axis]! + region.shape[axis]! - 1;
  return index;
}
