import { type BitReader, createBitReader } from "./bit-reader.ts";
import { invertHTransform } from "./hcompress-inverse.ts";
import type { CodecParameters, TileDecoder, TileRequest } from "./tile-codec.ts";

const MAGIC = 0xdd99;
const HEADER_BYTES = 25;
/** Coefficients are held in doubles, exact up to 2^53. */
const MAX_PLANES = 52;

/**
 * HCOMPRESS_1 (White, Postman & Lattanzi 1992; FITS Standard 4.0, section 10.4.4): quadtree-coded bit planes of an H-transform. The stream
 * calls the slow axis x and the fast axis y.
 */
export function createHcompressDecoder(parameters: CodecParameters): TileDecoder {
  return (bytes, tile) => {
    if (bytes.length < HEADER_BYTES) tile.fail(`it has only ${bytes.length} bytes`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.getUint16(0) !== MAGIC) tile.fail("it does not begin as an H-compressed stream does");
    const rows = view.getInt32(2);
    const columns = view.getInt32(6);
    if (columns !== tile.width || rows * columns !== tile.pixelCount)
      tile.fail(`it is ${columns} × ${rows} pixels, not ${tile.width} × ${tile.pixelCount / tile.width}`);
    const scale = view.getInt32(10);
    const sum = Number(view.getBigInt64(14));
    const planes = [view.getUint8(22), view.getUint8(23), view.getUint8(24)];
    if (scale < 0 || !Number.isSafeInteger(sum) || planes.some((count) => count > MAX_PLANES))
      tile.fail("its scale, sum or number of bit planes cannot be true");
    const values = decodeQuadrants(bytes, planes, { rows, columns }, tile);
    values[0] = sum;
    if (scale > 1) for (let i = 0; i < values.length; i++) values[i]! *= scale;
    invertHTransform(values, rows, columns, parameters.smooth ? scale : 0);
    return values;
  };
}

interface Size {
  readonly rows: number;
  readonly columns: number;
}

function decodeQuadrants(
  bytes: Uint8Array,
  planes: readonly number[],
  { rows, columns }: Size,
  tile: TileRequest,
): Float64Array {
  const values = new Float64Array(rows * columns);
  const bits = createBitReader(bytes, HEADER_BYTES, tile.fail);
  const halfRows = (rows + 1) >> 1;
  const halfColumns = (columns + 1) >> 1;
  const quadrants = [
    { at: 0, rows: halfRows, columns: halfColumns, planes: planes[0]! },
    { at: halfColumns, rows: halfRows, columns: columns >> 1, planes: planes[1]! },
    { at: columns * halfRows, rows: rows >> 1, columns: halfColumns, planes: planes[1]! },
    { at: columns * halfRows + halfColumns, rows: rows >> 1, columns: columns >> 1, planes: planes[2]! },
  ];
  for (const quadrant of quadrants) decodePlanes(bits, values, columns, quadrant, tile);
  if (bits.read(4) !== 0) tile.fail("its bit planes do not end where they should");
  bits.align();
  for (let i = 0; i < values.length; i++) if (values[i] !== 0 && bits.read(1) === 1) values[i] = -values[i]!;
  return values;
}

interface Quadrant extends Size {
  readonly at: number;
  readonly planes: number;
}

/** Reads the bit planes of one quadrant, highest first. */
function decodePlanes(
  bits: BitReader,
  values: Float64Array,
  stride: number,
  quadrant: Quadrant,
  tile: TileRequest,
): void {
  const { rows, columns } = quadrant;
  const cellRows = (rows + 1) >> 1;
  const cellColumns = (columns + 1) >> 1;
  const longest = Math.max(rows, columns);
  const levels = longest <= 1 ? 0 : Math.ceil(Math.log2(longest));
  const cells = new Uint8Array(Math.max(cellRows, 1) * Math.max(cellColumns, 1));
  for (let bit = quadrant.planes - 1; bit >= 0; bit--) {
    const code = bits.read(4);
    if (code === 0) {
      for (let i = 0; i < cellRows * cellColumns; i++) cells[i] = bits.read(4);
    } else if (code === 15) {
      cells[0] = readHuffman(bits);
      // Sizes on the way down are ⌈size / 2^k⌉.
      for (let level = levels - 1; level >= 1; level--)
        expandCells(bits, cells, halve(rows, level), halve(columns, level));
    } else tile.fail(`its bit plane ${bit} has the unknown format ${code}`);
    insertPlane(values, stride, quadrant, cells, 2 ** bit);
  }
}

/** An empty side counts as one cell, as in the encoder. */
function halve(size: number, times: number): number {
  return Math.max(1, Math.ceil(size / 2 ** times));
}

/** Expands each 4-bit cell to 2 × 2 and reads a code for every one that is set, backwards as the encoder wrote them. */
function expandCells(bits: BitReader, cells: Uint8Array, rows: number, columns: number): void {
  const fromColumns = (columns + 1) >> 1;
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      // Going backwards, the source of a cell lies at or before its target, so it has not been overwritten yet.
      const parent = cells[(row >> 1) * fromColumns + (column >> 1)]!;
      const set = (parent >> (3 - 2 * (row & 1) - (column & 1))) & 1;
      cells[row * columns + column] = set;
    }
  }
  for (let i = rows * columns - 1; i >= 0; i--) if (cells[i] !== 0) cells[i] = readHuffman(bits);
}

/** Adds one bit plane to the coefficients: each cell holds the bits of 2 × 2 of them. */
function insertPlane(
  values: Float64Array,
  stride: number,
  quadrant: Quadrant,
  cells: Uint8Array,
  weight: number,
): void {
  const { at, rows, columns } = quadrant;
  const cellColumns = (columns + 1) >> 1;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const cell = cells[(row >> 1) * cellColumns + (column >> 1)]!;
      if ((cell >> (3 - 2 * (row & 1) - (column & 1))) & 1) values[at + row * stride + column]! += weight;
    }
  }
}

/** The fixed Huffman code of 4-bit cells: three to six bits. */
function readHuffman(bits: BitReader): number {
  let code = bits.read(3);
  if (code < 4) return 1 << code;
  code = (code << 1) | bits.read(1);
  if (code < 13) return FOUR_BITS[code - 8]!;
  code = (code << 1) | bits.read(1);
  if (code < 31) return FIVE_BITS[code - 26]!;
  return bits.read(1) === 0 ? 0 : 14;
}

const FOUR_BITS = [3, 5, 10, 12, 15] as const;
const FIVE_BITS = [6, 7, 9, 11, 13] as const;
