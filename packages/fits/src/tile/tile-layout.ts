import { AlmagestError } from "@almagest/base";
import type { HduLayout } from "../file/layout.ts";
import type { Header } from "../header/header.ts";
import { type Bitpix, countPixels } from "../image/pixel-array.ts";
import { type BintableColumn, invalidCard, readColumns } from "../table/column-format.ts";
import { RICE_LEVELS } from "./rice-decode.ts";
import { type CodecParameters, TILE_DECODERS } from "./tile-codec.ts";

/** How a compressed image is laid out in its table. */
export interface TileLayout {
  readonly bitpix: Bitpix;
  /** NAXIS1 first. */
  readonly shape: readonly number[];
  readonly tileShape: readonly number[];
  readonly tilesPerAxis: readonly number[];
  readonly tileCount: number;
  readonly algorithm: string;
  readonly codec: CodecParameters;
  readonly dither: 0 | 1 | 2;
  /** ZDITHER0. */
  readonly seed: number;
  readonly columns: TileColumns;
  /** Keywords that stand for the columns of the same name. */
  readonly scale?: number;
  readonly zero?: number;
  readonly blank?: number;
  /** BZERO, which PLIO_1 and scaled floats need. */
  readonly bscale: number;
  readonly bzero: number;
}

/** The table's columns by their role. */
export interface TileColumns {
  readonly compressed?: BintableColumn;
  readonly gzip?: BintableColumn;
  readonly uncompressed?: BintableColumn;
  readonly scale?: BintableColumn;
  readonly zero?: BintableColumn;
  readonly blank?: BintableColumn;
}

const BITPIX_VALUES: readonly number[] = [8, 16, 32, 64, -32, -64];
const DITHERS: ReadonlyMap<string, 0 | 1 | 2> = new Map([
  ["SUBTRACTIVE_DITHER_1", 1],
  ["SUBTRACTIVE_DITHER_2", 2],
]);
const SCALAR = /^[BIJKED]$/;
const MAX_BLOCK_PIXELS = 4096;
/** An image may have this many pixels, plus so many per byte of its table; more is taken for a lie. */
const FREE_PIXELS = 2 ** 26;
const MAX_PIXELS_PER_BYTE = 1024;

/** Reads the Z keywords and columns; throws `FITS.CARD_…`, `FITS.STRUCTURE_INVALID` or `FITS.UNSUPPORTED`. */
export function readTileLayout(header: Header, table: HduLayout): TileLayout {
  const algorithm = header.requireString("ZCMPTYPE").trim();
  if (!TILE_DECODERS.has(algorithm))
    throw new AlmagestError("FITS.UNSUPPORTED", `The compression ${algorithm} is not read here.`, {
      fields: { card: "ZCMPTYPE", offset: header.card("ZCMPTYPE")!.offset, algorithm },
    });
  const bitpix = header.requireInteger("ZBITPIX") as Bitpix;
  if (!BITPIX_VALUES.includes(bitpix)) invalidCard(header, "ZBITPIX", `${bitpix} is no pixel type`);
  const naxis = header.requireInteger("ZNAXIS", 0, 999);
  const axes = Array.from({ length: naxis }, (_, axis) => axis);
  const shape = axes.map((axis) => header.requireInteger(`ZNAXIS${axis + 1}`, 0));
  const tileShape = axes.map((axis) => {
    const length = header.getInteger(`ZTILE${axis + 1}`, 1) ?? (axis === 0 ? shape[0]! : 1);
    return Math.max(1, Math.min(length, shape[axis]!));
  });
  const tilesPerAxis = axes.map((axis) => Math.ceil(shape[axis]! / tileShape[axis]!));
  const tileCount = countPixels(tilesPerAxis);
  if (tileCount !== table.shape[1])
    throw new AlmagestError(
      "FITS.STRUCTURE_INVALID",
      `The image at byte ${header.offset} has ${tileCount} tiles by its ZTILEn cards, but its table has ${table.shape[1]} rows.`,
      { fields: { card: "ZTILE1", offset: header.card("ZTILE1")?.offset ?? header.offset, tileCount } },
    );
  const pixels = countPixels(shape);
  if (!(pixels <= FREE_PIXELS + MAX_PIXELS_PER_BYTE * table.dataBytes))
    throw new AlmagestError(
      "FITS.LIMIT_EXCEEDED",
      `The image at byte ${header.offset} promises ${pixels} pixels from ${table.dataBytes} bytes.`,
      { fields: { card: "ZNAXIS1", offset: header.card("ZNAXIS1")?.offset ?? header.offset, pixels } },
    );
  const columns = readTileColumns(header, table);
  const quantize = header.getString("ZQUANTIZ")?.trim().toUpperCase();
  const scale = header.getNumber("ZSCALE");
  const zero = header.getNumber("ZZERO");
  const scaled = columns.scale !== undefined || scale !== undefined;
  // BLANK stands in for ZBLANK in files older than the convention, for integers only.
  const blank = header.getNumber("ZBLANK") ?? (bitpix > 0 ? header.getNumber("BLANK") : undefined);
  const lossless = bitpix < 0 && (quantize === "NONE" || !scaled);
  if (lossless && !/^(GZIP|NOCOMP)/.test(algorithm))
    invalidCard(header, "ZCMPTYPE", `${algorithm} cannot hold floats without ZSCALE and ZZERO`);
  return {
    bitpix,
    shape,
    tileShape,
    tilesPerAxis,
    tileCount,
    algorithm,
    codec: { bitpix, lossless, ...readParameters(header, algorithm) },
    dither: bitpix < 0 ? (DITHERS.get(quantize ?? "") ?? 0) : 0,
    seed: header.getInteger("ZDITHER0", 1) ?? 1,
    columns,
    ...(scale === undefined ? {} : { scale }),
    ...(zero === undefined ? {} : { zero }),
    ...(blank === undefined ? {} : { blank }),
    bscale: header.getNumber("BSCALE") ?? 1,
    bzero: header.getNumber("BZERO") ?? 0,
  };
}

function readTileColumns(header: Header, table: HduLayout): TileColumns {
  const columns = readColumns(header, table.shape[0]!);
  const find = (name: string): BintableColumn | undefined =>
    columns.find((column) => column.name.toUpperCase() === name && column.repeat > 0);
  const heap = (name: string): BintableColumn | undefined => {
    const column = find(name);
    return column?.descriptor === undefined ? undefined : column;
  };
  const scalar = (name: string): BintableColumn | undefined => {
    const column = find(name);
    if (
      column !== undefined &&
      (column.descriptor !== undefined || column.repeat !== 1 || !SCALAR.test(column.letter))
    )
      invalidCard(header, `TFORM${columns.indexOf(column) + 1}`, `${name} must hold one number per tile`);
    return column;
  };
  const entries = {
    compressed: heap("COMPRESSED_DATA"),
    gzip: heap("GZIP_COMPRESSED_DATA"),
    uncompressed: heap("UNCOMPRESSED_DATA"),
    scale: scalar("ZSCALE"),
    zero: scalar("ZZERO"),
    blank: scalar("ZBLANK"),
  };
  if (entries.compressed === undefined && entries.gzip === undefined && entries.uncompressed === undefined)
    throw new AlmagestError(
      "FITS.STRUCTURE_INVALID",
      `The compressed image at byte ${header.offset} has no column COMPRESSED_DATA of variable length.`,
      { fields: { card: "TTYPE1", offset: header.offset } },
    );
  return Object.fromEntries(Object.entries(entries).filter(([, column]) => column !== undefined));
}

/** ZNAMEi and ZVALi as the algorithms want them, with the standard's defaults. */
function readParameters(
  header: Header,
  algorithm: string,
): Pick<CodecParameters, "blockSize" | "bytesPerValue" | "smooth"> {
  const named = new Map<string, number>();
  for (let i = 1; i <= 999 && header.has(`ZNAME${i}`); i++) {
    const value = header.getNumber(`ZVAL${i}`);
    if (value !== undefined) named.set(header.requireString(`ZNAME${i}`).trim().toUpperCase(), value);
  }
  const blockSize = named.get("BLOCKSIZE") ?? 32;
  const bytesPerValue = named.get("BYTEPIX") ?? 4;
  if (algorithm.startsWith("RICE")) {
    if (!Number.isInteger(blockSize) || blockSize < 1 || blockSize > MAX_BLOCK_PIXELS)
      invalidCard(header, "ZVAL1", `a block of ${blockSize} pixels is none`);
    if (!RICE_LEVELS.has(bytesPerValue))
      invalidCard(header, "ZVAL2", `${bytesPerValue} bytes per pixel are not read`);
  }
  return { blockSize, bytesPerValue, smooth: (named.get("SMOOTH") ?? 0) !== 0 };
}
