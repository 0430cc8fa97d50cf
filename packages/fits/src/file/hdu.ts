import { AlmagestError } from "@almagest/base";
import type { Header } from "../header/header.ts";
import { countPixels, type PixelArray } from "../image/pixel-array.ts";
import { readPlainImage } from "../image/read-image.ts";
import { readScaling, scalePixels } from "../image/scaling.ts";
import { resolveRegion, type Section } from "../image/section.ts";
import { type ByteSource, readExact } from "../source/byte-source.ts";
import { readAsciiTable } from "../table/read-ascii-table.ts";
import { readBintable } from "../table/read-bintable.ts";
import type { TableData, TableRequest } from "../table/table-data.ts";
import { type CompressedImage, openCompressedImage } from "../tile/compressed-image.ts";
import { type ChecksumVerdict, verifyChecksum } from "../write/checksum.ts";
import type { HduKind } from "./layout.ts";
import type { ScannedHdu } from "./scan.ts";

/** Pixels of an image or a cutout of it, row-major, x fastest. */
export interface ImageData {
  /** NAXIS1 first. */
  readonly shape: readonly number[];
  readonly data: PixelArray;
  /** The value of undefined pixels, when integers were not turned into floats. */
  readonly blank?: number;
}

/** What to read of an image; `raw` leaves BSCALE, BZERO and BLANK unapplied. */
export interface ImageRequest {
  readonly section?: Section;
  readonly raw?: boolean;
}

/** One header-and-data unit of an open file. */
export interface Hdu {
  readonly index: number;
  readonly kind: HduKind;
  /** EXTNAME, or `PRIMARY` for the first HDU without one, else empty. */
  readonly name: string;
  /** EXTVER, 1 when absent. */
  readonly version: number;
  /** For compressed images the header of the image within; see `storedHeader`. */
  readonly header: Header;
  /** The header as the file has it. */
  readonly storedHeader: Header;
  /** NAXIS1 first; for tables bytes per row and rows; for compressed images that of the image within. */
  readonly shape: readonly number[];
  readonly dataOffset: number;
  readonly dataBytes: number;
  /** Reads pixels, of plain and compressed images alike; throws `FITS.KIND_MISMATCH` for a table. */
  readImage(request?: ImageRequest): Promise<ImageData>;
  /** Reads columns and rows, of binary and ASCII tables; throws `FITS.KIND_MISMATCH` for an image. */
  readTable(request?: TableRequest): Promise<TableData>;
  /** The data as stored, without padding. */
  readBytes(): Promise<Uint8Array>;
  /** Compares the HDU's bytes with its CHECKSUM and DATASUM cards. */
  verifyChecksum(): Promise<ChecksumVerdict>;
}

/** Makes the HDU over its source; `maxBytes` bounds what one read may allocate. */
export function createHdu(source: ByteSource, scanned: ScannedHdu, index: number, maxBytes: number): Hdu {
  const { header: storedHeader, layout } = scanned;
  const { compressed, refusal } = tryCompressed(source, scanned);
  const header = compressed?.header ?? storedHeader;
  const shape = compressed?.layout.shape ?? layout.shape;
  // A spoiled name must not bar the way to the data: the raw card is looked at, which does not throw.
  const extname = storedHeader.card("EXTNAME")?.value;
  const extver = storedHeader.card("EXTVER")?.value;
  const version = typeof extver === "number" ? extver : 1;
  const name = typeof extname === "string" ? extname : index === 0 ? "PRIMARY" : "";

  const mismatch = (wanted: string): AlmagestError =>
    new AlmagestError("FITS.KIND_MISMATCH", `HDU ${index} ${name} is a ${layout.kind}, not ${wanted}.`, {
      fields: { index, name, kind: layout.kind, offset: storedHeader.offset },
    });

  const readImage = async (request: ImageRequest = {}): Promise<ImageData> => {
    if (refusal !== undefined) throw refusal;
    if (layout.kind !== "image" && compressed === undefined) throw mismatch("an image");
    const region = resolveRegion(shape, request.section);
    checkLimit(countPixels(region.shape) * 8, maxBytes, name);
    const bitpix = compressed?.layout.bitpix ?? layout.bitpix;
    const stored =
      compressed === undefined
        ? await readPlainImage(source, { offset: layout.dataOffset, bitpix, shape, name }, region)
        : await compressed.read(region);
    if (request.raw === true) return { shape: region.shape, data: stored };
    return { shape: region.shape, ...scalePixels(stored, bitpix, readScaling(header, bitpix)) };
  };

  return {
    index,
    kind: layout.kind,
    name,
    version,
    header,
    storedHeader,
    shape,
    dataOffset: layout.dataOffset,
    dataBytes: layout.dataBytes,
    readImage,
    readTable: async (request = {}) => {
      const place = { source, header: storedHeader, layout, name, maxBytes };
      if (layout.kind === "table") return readAsciiTable(place, request);
      if (layout.kind === "bintable" || layout.kind === "compressed-image")
        return readBintable(place, request);
      throw mismatch("a table");
    },
    readBytes: () => readExact(source, layout.dataOffset, layout.dataBytes, `HDU ${index} ${name}`),
    verifyChecksum: () => verifyChecksum(source, storedHeader, layout),
  };
}

/** A compressed image whose keywords cannot be understood must not bar the way to the file's other HDUs: reading it throws then. */
function tryCompressed(
  source: ByteSource,
  { header, layout }: ScannedHdu,
): { readonly compressed?: CompressedImage; readonly refusal?: AlmagestError } {
  if (layout.kind !== "compressed-image") return {};
  try {
    return { compressed: openCompressedImage(source, header, layout) };
  } catch (error) {
    if (!(error instanceof AlmagestError)) throw error;
    return { refusal: error };
  }
}

/** Throws `FITS.LIMIT_EXCEEDED` when a read would allocate more than allowed. */
function checkLimit(bytes: number, maxBytes: number, name: string): void {
  if (bytes <= maxBytes) return;
  throw new AlmagestError(
    "FITS.LIMIT_EXCEEDED",
    `Reading ${name} takes ${bytes} bytes, more than the ${maxBytes} allowed; raise maxBytes if the file is sound.`,
    { fields: { name, bytes, maxBytes } },
  );
}
