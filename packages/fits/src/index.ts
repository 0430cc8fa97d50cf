/**
 * @module FITS files (Standard 4.0): headers kept byte for byte, images, tile compression, tables, checksums; partial reads.
 * Start with `openFits` to read and `writeFits` to write.
 */
export { FITS_ERRORS } from "./errors.ts";
export type { Hdu, ImageData, ImageRequest } from "./file/hdu.ts";
export type { HduKind } from "./file/layout.ts";
export { type FitsFile, type OpenOptions, openFits } from "./file/open-fits.ts";
export type { Card, CardSpec, CardValue, Complex } from "./header/card.ts";
export { formatCard } from "./header/format-card.ts";
export { Header } from "./header/header.ts";
export { parseHeader } from "./header/parse-header.ts";
export type { PixelArray } from "./image/pixel-array.ts";
export type { Section } from "./image/section.ts";
export { type ByteSource, bytesSource } from "./source/byte-source.ts";
export { type FileSource, openFileSource } from "./source/file-source.ts";
export type { ColumnData, ColumnValues, TableData, TableRequest } from "./table/table-data.ts";
export { addChecksum, type ChecksumVerdict, encodeChecksum, type SumState } from "./write/checksum.ts";
export { type EncodeOptions, encodeFits } from "./write/encode-fits.ts";
export type {
  BintableSpec,
  ColumnSpec,
  CompressSpec,
  HduSpec,
  HeaderSpec,
  ImageSpec,
  QuantizeSpec,
} from "./write/hdu-spec.ts";
export { type WriteOptions, writeFits } from "./write/write-fits.ts";
