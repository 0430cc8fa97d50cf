import type { PixelArray } from "../image/pixel-array.ts";
import { findStoredType, storeBigEndian } from "../write/encode-image.ts";
import { invalidSpec } from "../write/encoded-hdu.ts";
import type { ColumnSpec } from "../write/hdu-spec.ts";

/** A column ready to be laid into rows. */
export interface EncodedColumn {
  readonly name: string;
  readonly format: string;
  readonly comment: string;
  readonly unit?: string;
  readonly dims?: readonly number[];
  readonly nullValue?: number;
  readonly tzero: number | bigint;
  readonly rows: number;
  readonly cellBytes: number;
  /** Cells of all rows one after another, big-endian. */
  readonly cells: Uint8Array;
  /** Arrays of a variable-length column; descriptors count from its start. */
  readonly heap?: Uint8Array;
}

type Shape = Pick<EncodedColumn, "format" | "tzero" | "rows" | "cellBytes" | "cells" | "heap" | "dims">;

const LETTERS: ReadonlyMap<number, string> = new Map([
  [8, "B"],
  [16, "I"],
  [32, "J"],
  [64, "K"],
  [-32, "E"],
  [-64, "D"],
]);

/** Encodes a column's values; throws `FITS.SPEC_INVALID` when they contradict its width or type. */
export function encodeColumn(spec: ColumnSpec): EncodedColumn {
  const { name, data } = spec;
  const shape = ArrayBuffer.isView(data)
    ? encodeNumbers(spec, data)
    : typeof data[0] === "object"
      ? encodeArrays(spec, data as readonly PixelArray[])
      : typeof data[0] === "boolean"
        ? encodeBooleans(spec, data as readonly boolean[])
        : encodeStrings(spec, data as readonly string[]);
  return {
    name,
    comment: spec.comment ?? "",
    ...(spec.unit === undefined ? {} : { unit: spec.unit }),
    ...(spec.dims === undefined ? {} : { dims: spec.dims }),
    ...(spec.nullValue === undefined ? {} : { nullValue: spec.nullValue }),
    ...shape,
  };
}

function countRows(spec: ColumnSpec, length: number, width: number): number {
  if (!Number.isInteger(width) || width < 1 || length % width !== 0)
    invalidSpec(`column ${spec.name}: ${length} values do not make rows of ${width}`, { column: spec.name });
  return length / width;
}

function encodeNumbers(spec: ColumnSpec, data: PixelArray): Shape {
  const width = spec.width ?? (spec.type === "C" || spec.type === "M" ? 2 : 1);
  const rows = countRows(spec, data.length, width);
  if (spec.type === "L" || spec.type === "X") {
    if (!(data instanceof Uint8Array))
      invalidSpec(`column ${spec.name}: type ${spec.type} needs a Uint8Array`);
    return spec.type === "L"
      ? encodeLogicals(data as Uint8Array, rows, width)
      : encodeBits(data as Uint8Array, rows, width);
  }
  const stored = findStoredType(data);
  const complex = spec.type === "C" || spec.type === "M";
  if (complex && (stored.bitpix !== (spec.type === "C" ? -32 : -64) || width % 2 !== 0))
    invalidSpec(
      `column ${spec.name}: type ${spec.type} needs pairs of ${spec.type === "C" ? "32" : "64"}-bit floats`,
    );
  const cells = new Uint8Array(data.byteLength);
  storeBigEndian(data, cells);
  const format = complex ? `${width / 2}${spec.type}` : `${width}${LETTERS.get(stored.bitpix)!}`;
  return { format, tzero: stored.bzero, rows, cellBytes: width * data.BYTES_PER_ELEMENT, cells };
}

function encodeLogicals(data: Uint8Array, rows: number, width: number): Shape {
  return {
    format: `${width}L`,
    tzero: 0,
    rows,
    cellBytes: width,
    cells: data.map((value) => (value ? 0x54 : 0x46)),
  };
}

function encodeBits(data: Uint8Array, rows: number, width: number): Shape {
  const cellBytes = Math.ceil(width / 8);
  const cells = new Uint8Array(rows * cellBytes);
  for (let row = 0; row < rows; row++)
    for (let bit = 0; bit < width; bit++)
      if (data[row * width + bit]) cells[row * cellBytes + (bit >> 3)]! |= 0x80 >> (bit & 7);
  return { format: `${width}X`, tzero: 0, rows, cellBytes, cells };
}

function encodeBooleans(spec: ColumnSpec, data: readonly boolean[]): Shape {
  const width = spec.width ?? 1;
  return encodeLogicals(
    Uint8Array.from(data, (value) => (value ? 1 : 0)),
    countRows(spec, data.length, width),
    width,
  );
}

function encodeStrings(spec: ColumnSpec, data: readonly string[]): Shape {
  const width = spec.width ?? 1;
  const rows = countRows(spec, data.length, width);
  const length = data.reduce((longest, text) => Math.max(longest, text.length), 1);
  const cells = new Uint8Array(data.length * length);
  for (const [i, text] of data.entries()) {
    if (!/^[\x20-\x7e]*$/.test(text))
      invalidSpec(`column ${spec.name}: only printable ASCII can be written, not ${JSON.stringify(text)}`);
    for (let k = 0; k < text.length; k++) cells[i * length + k] = text.charCodeAt(k);
  }
  return {
    format: `${width * length}A`,
    tzero: 0,
    rows,
    cellBytes: width * length,
    cells,
    ...(width > 1 ? { dims: [length, ...(spec.dims ?? [width])] } : {}),
  };
}

function encodeArrays(spec: ColumnSpec, data: readonly PixelArray[]): Shape {
  const stored = findStoredType(data[0]!);
  const wide = spec.type === "Q";
  const size = wide ? 16 : 8;
  const heap = new Uint8Array(data.reduce((sum, array) => sum + array.byteLength, 0));
  if (!wide && heap.byteLength > 0x7fffffff) invalidSpec(`column ${spec.name} passes 2 GiB; use type Q`);
  const cells = new Uint8Array(data.length * size);
  const view = new DataView(cells.buffer);
  let at = 0;
  let longest = 0;
  for (const [row, array] of data.entries()) {
    if (array.constructor !== data[0]!.constructor) invalidSpec(`column ${spec.name} mixes types of arrays`);
    storeBigEndian(array, heap.subarray(at, at + array.byteLength));
    if (wide) {
      view.setBigInt64(row * 16, BigInt(array.length));
      view.setBigInt64(row * 16 + 8, BigInt(at));
    } else {
      view.setInt32(row * 8, array.length);
      view.setInt32(row * 8 + 4, at);
    }
    at += array.byteLength;
    longest = Math.max(longest, array.length);
  }
  const format = `1${wide ? "Q" : "P"}${LETTERS.get(stored.bitpix)!}(${longest})`;
  return { format, tzero: stored.bzero, rows: data.length, cellBytes: size, cells, heap };
}
