import type { CardValue } from "../header/card.ts";
import { countPixels, type PixelArray, type StoredArray } from "../image/pixel-array.ts";
import { checkImageSpec, findStoredType, scaleCards } from "../write/encode-image.ts";
import {
  buildHeader,
  createDataUnit,
  type EncodedHdu,
  encodedWhole,
  invalidSpec,
} from "../write/encoded-hdu.ts";
import type { CompressSpec, ImageSpec, QuantizeSpec } from "../write/hdu-spec.ts";
import { NULL_VALUE } from "./dither.ts";
import { createHeapWriter, type HeapWriter } from "./heap-writer.ts";
import { RICE_BLOCK_PIXELS } from "./rice-encode.ts";
import { createTileEncoder, type EncodedTile } from "./tile-encode.ts";
import { copyTile, isContiguous, listTiles } from "./tile-geometry.ts";

/** Bytes of the cells: two descriptors and two doubles. */
const DESCRIPTOR_BYTES = 8;
const MAX_HEAP_BYTES = 0x7fffffff;
const DEFAULT_QUANTIZE: QuantizeSpec = { level: 16, dither: 1, seed: 1 };
const DITHER_NAMES = ["NO_DITHER", "SUBTRACTIVE_DITHER_1", "SUBTRACTIVE_DITHER_2"] as const;

/** Encodes an image as a table of compressed tiles (FITS Standard 4.0, section 10.1). */
export function encodeCompressedImage(spec: ImageSpec, compress: CompressSpec): EncodedHdu {
  const { data, shape } = checkImageSpec(spec);
  const tileShape = checkTile(shape, compress.tile);
  const { bitpix } = findStoredType(data);
  const quantize = chooseQuantize(data, compress);
  const floats = bitpix < 0;
  const encode = createTileEncoder(data, compress.algorithm, quantize, countPixels(tileShape));
  const tilesPerAxis = shape.map((length, axis) => Math.ceil(length / tileShape[axis]!));
  const whole = { start: shape.map(() => 0), shape };
  const tiles = data.length === 0 ? [] : listTiles({ shape, tileShape, tilesPerAxis }, whole);
  const heap = createHeapWriter(data.byteLength);
  const rows: EncodedRow[] = [];
  let scratch = data.subarray(0, 0);
  for (const tile of tiles) {
    const direct = isContiguous(tile, whole);
    if (!direct && scratch.length !== tile.pixelCount) scratch = data.slice(0, tile.pixelCount);
    if (!direct) gatherTile(data, shape, tile, scratch);
    const pixels = direct ? data.subarray(direct.offset, direct.offset + tile.pixelCount) : scratch;
    const encoded = encode(pixels, tile.shape[0]!, tile.index);
    rows.push({ ...encoded, offset: heap.append(encoded.bytes), length: encoded.bytes.length });
  }
  if (heap.length > MAX_HEAP_BYTES) invalidSpec("the compressed tiles pass 2 GiB");
  const columns = listColumns(rows, quantize !== undefined);
  const rowBytes = columns.length > 1 ? 2 * DESCRIPTOR_BYTES + 16 : DESCRIPTOR_BYTES;
  const blanks = rows.some((row) => row.quantization?.blank !== undefined);
  const header = buildHeader(
    [
      ["XTENSION", "BINTABLE"],
      ["BITPIX", 8],
      ["NAXIS", 2],
      ["NAXIS1", rowBytes, "bytes per row"],
      ["NAXIS2", rows.length, "tiles"],
      ["PCOUNT", heap.length],
      ["GCOUNT", 1],
      ["TFIELDS", columns.length],
      ...columns.flatMap(([name, format], i): [string, CardValue][] => [
        [`TTYPE${i + 1}`, name],
        [`TFORM${i + 1}`, format],
      ]),
      ["ZIMAGE", true, "this is a compressed image"],
      ["ZTENSION", "IMAGE", "kind of the image's extension"],
      ["ZBITPIX", bitpix, "bits per pixel of the image"],
      ["ZNAXIS", shape.length, "axes of the image"],
      ...shape.map((length, axis): [string, number] => [`ZNAXIS${axis + 1}`, length]),
      ["ZPCOUNT", 0],
      ["ZGCOUNT", 1],
      ...tileShape.map((length, axis): [string, number] => [`ZTILE${axis + 1}`, length]),
      ["ZCMPTYPE", compress.algorithm, "compression algorithm"],
      ...algorithmCards(compress.algorithm, quantize === undefined ? data.BYTES_PER_ELEMENT : 4),
      ...quantizeCards(floats, quantize),
      ...(blanks ? [["ZBLANK", NULL_VALUE, "integer of undefined pixels"] as const] : []),
      ...scaleCards(spec, findStoredType(data)),
    ],
    spec,
    floats ? new Set(["BLANK"]) : new Set(),
  );
  return encodedWhole(header, layRows(rows, rowBytes, heap));
}

type EncodedRow = EncodedTile & { readonly offset: number; readonly length: number };

function checkTile(shape: readonly number[], tile: readonly number[] | undefined): readonly number[] {
  if (shape.length === 0) invalidSpec("an image without axes cannot be compressed");
  if (tile === undefined) return shape.map((length, axis) => (axis === 0 ? Math.max(length, 1) : 1));
  if (tile.length !== shape.length || tile.some((length) => !Number.isInteger(length) || length < 1))
    invalidSpec(`the tile ${tile.join(" × ")} does not fit the shape ${shape.join(" × ")}`, { tile, shape });
  return tile.map((length, axis) => Math.max(1, Math.min(length, shape[axis]!)));
}

function chooseQuantize(data: PixelArray, compress: CompressSpec): QuantizeSpec | undefined {
  const floats = data instanceof Float32Array || data instanceof Float64Array;
  const rice = compress.algorithm === "RICE_1";
  if (!floats) {
    if (rice && data.BYTES_PER_ELEMENT === 8) invalidSpec("RICE_1 holds no 64-bit integers; take GZIP_2");
    return undefined;
  }
  const quantize = compress.quantize ?? (rice ? DEFAULT_QUANTIZE : undefined);
  if (quantize === undefined || quantize.level === 0) {
    if (rice) invalidSpec("RICE_1 cannot hold floats without loss; take GZIP_2 or a quantize level");
    return undefined;
  }
  const { level, seed } = quantize;
  if (!Number.isFinite(level) || !Number.isInteger(seed) || seed < 1 || seed > 10000)
    invalidSpec("quantize wants a finite level and a seed from 1 to 10000", { level, seed });
  return quantize;
}

function algorithmCards(algorithm: CompressSpec["algorithm"], bytes: number): [string, CardValue, string?][] {
  if (algorithm !== "RICE_1") return [];
  return [
    ["ZNAME1", "BLOCKSIZE", "pixels per block"],
    ["ZVAL1", RICE_BLOCK_PIXELS],
    ["ZNAME2", "BYTEPIX", "bytes per integer"],
    ["ZVAL2", bytes],
  ];
}

function quantizeCards(floats: boolean, quantize: QuantizeSpec | undefined): [string, CardValue, string?][] {
  if (!floats) return [];
  if (quantize === undefined) return [["ZQUANTIZ", "NONE", "floats are kept as they are"]];
  const cards: [string, CardValue, string?][] = [
    ["ZQUANTIZ", DITHER_NAMES[quantize.dither], "quantisation of floats"],
  ];
  if (quantize.dither !== 0) cards.push(["ZDITHER0", quantize.seed, "start in the random sequence"]);
  return cards;
}

function listColumns(rows: readonly EncodedRow[], quantized: boolean): [string, string][] {
  const longest = (gzip: boolean): number =>
    rows.reduce((most, row) => (row.gzip === gzip ? Math.max(most, row.length) : most), 0);
  const columns: [string, string][] = [["COMPRESSED_DATA", `1PB(${longest(false)})`]];
  if (quantized)
    columns.push(["GZIP_COMPRESSED_DATA", `1PB(${longest(true)})`], ["ZSCALE", "1D"], ["ZZERO", "1D"]);
  return columns;
}

function layRows(rows: readonly EncodedRow[], rowBytes: number, heap: HeapWriter): Uint8Array<ArrayBuffer> {
  const tableBytes = rowBytes * rows.length;
  const unit = createDataUnit(tableBytes + heap.length);
  const view = new DataView(unit.buffer);
  for (const [i, row] of rows.entries()) {
    const at = i * rowBytes;
    const descriptor = at + (row.gzip ? DESCRIPTOR_BYTES : 0);
    view.setInt32(descriptor, row.length);
    view.setInt32(descriptor + 4, row.offset);
    if (rowBytes === DESCRIPTOR_BYTES) continue;
    view.setFloat64(at + 2 * DESCRIPTOR_BYTES, row.quantization?.scale ?? 1);
    view.setFloat64(at + 2 * DESCRIPTOR_BYTES + 8, row.quantization?.zero ?? 0);
  }
  unit.set(heap.bytes(), tableBytes);
  return unit;
}

/** Copies a tile out of the image: the image is the "tile" that is cut to the region of the tile. */
function gatherTile(
  data: PixelArray,
  shape: readonly number[],
  tile: { readonly start: readonly number[]; readonly shape: readonly number[] },
  out: PixelArray,
): void {
  const whole = { index: 0, start: shape.map(() => 0), shape, pixelCount: data.length };
  copyTile(data as StoredArray, whole, out as StoredArray, tile);
}
