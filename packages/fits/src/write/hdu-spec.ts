import type { CardSpec } from "../header/card.ts";
import type { Header } from "../header/header.ts";
import type { PixelArray } from "../image/pixel-array.ts";

/** Cards to be written: a Header (bytes of untouched cards are kept) or specifications. Structural cards in it are replaced. */
export type HeaderSpec = Header | readonly CardSpec[];

/** How floats are rounded to integers before compression. */
export interface QuantizeSpec {
  /** Steps per noise sigma of a tile; negative: minus the step itself; 0: lossless (GZIP only). */
  readonly level: number;
  /** 0 none, 1 SUBTRACTIVE_DITHER_1, 2 SUBTRACTIVE_DITHER_2 (keeps zeros exact). */
  readonly dither: 0 | 1 | 2;
  /** ZDITHER0, 1 to 10000. */
  readonly seed: number;
}

/** How an image is compressed tile by tile. */
export interface CompressSpec {
  readonly algorithm: "RICE_1" | "GZIP_1" | "GZIP_2";
  /** Tile shape, NAXIS1 first; one row unless given. */
  readonly tile?: readonly number[];
  /** For floats; RICE_1 takes level 16, dither 1, seed 1 unless given, GZIP stays lossless. */
  readonly quantize?: QuantizeSpec;
}

/** An image to be written; the type of `data` gives BITPIX and the unsigned convention. */
export interface ImageSpec {
  readonly kind: "image";
  /** EXTNAME. */
  readonly name?: string;
  readonly version?: number;
  readonly header?: HeaderSpec;
  /** Absent for an HDU without data. */
  readonly data?: PixelArray;
  /** NAXIS1 first. */
  readonly shape?: readonly number[];
  /** Stored pixels with this scaling are given, not physical ones. */
  readonly scale?: { readonly bscale: number; readonly bzero: number };
  readonly compress?: CompressSpec;
}

/** A column to be written. */
export interface ColumnSpec {
  readonly name: string;
  /**
   * `width` numbers per row one after another; strings; booleans; or one typed array per row (variable length). Uint16Array,
   * Uint32Array, BigUint64Array and Int8Array are written with the TZERO of their convention.
   */
  readonly data: PixelArray | readonly string[] | readonly boolean[] | readonly PixelArray[];
  /** 1 unless given; X and complex columns count bits and numbers (2 per complex), not cells. */
  readonly width?: number;
  /** Type letter where the data leave a choice: L or X for 0/1 bytes, C or M for re, im pairs, Q for 64-bit descriptors. */
  readonly type?: "L" | "X" | "C" | "M" | "Q";
  readonly dims?: readonly number[];
  readonly unit?: string;
  /** TNULL of an integer column, as stored. */
  readonly nullValue?: number;
  readonly comment?: string;
}

/** A binary table to be written. */
export interface BintableSpec {
  readonly kind: "bintable";
  readonly name?: string;
  readonly version?: number;
  readonly header?: HeaderSpec;
  readonly columns: readonly ColumnSpec[];
}

/** One HDU to be written. */
export type HduSpec = ImageSpec | BintableSpec;
