import type { CardSpec, CompressSpec, HduSpec } from "@almagest/fits";
import { writeFits } from "@almagest/fits";
import type { Exposure, Image, Mask } from "../exposure.ts";
import { offsetCards, primaryCards, wcsCards } from "./exposure-cards.ts";
import { describeExposure, formatDescription } from "./exposure-description.ts";
import type { ArchiveArray } from "./psf-archive.ts";

/** How pixels are stored. */
export interface WriteExposureOptions {
  /**
   * `none` (the default), `lossless` tiles (GZIP_2 for floats, Rice for the mask), or `lossy`: Rice with floats quantised
   * to 1/16 of the noise and dithered (SUBTRACTIVE_DITHER_2, which keeps zeros).
   */
  readonly compress?: "none" | "lossless" | "lossy";
  /** Write CHECKSUM and DATASUM; false if not given. */
  readonly checksum?: boolean;
  /** Called with the file's bytes, in order, as they are written; the bytes are valid during the call. */
  readonly seen?: (bytes: Uint8Array) => void;
}

function floatCompression(
  compress: WriteExposureOptions["compress"],
  seed: number,
): { compress?: CompressSpec } {
  if (compress === "lossless") return { compress: { algorithm: "GZIP_2" } };
  if (compress === "lossy")
    return { compress: { algorithm: "RICE_1", quantize: { level: 16, dither: 2, seed } } };
  return {};
}

function floatHdu(
  name: string,
  image: Image,
  cards: readonly CardSpec[],
  compression: { compress?: CompressSpec },
): HduSpec {
  return {
    kind: "image",
    name,
    header: cards,
    data: image.data as Float32Array<ArrayBuffer>,
    shape: [image.bbox.width, image.bbox.height],
    ...compression,
  };
}

/** Stored as signed integers, as most readers expect a mask; bit 31 comes out as the sign. */
function maskHdu(mask: Mask, cards: readonly CardSpec[], compression: { compress?: CompressSpec }): HduSpec {
  const planes = [...mask.planes]
    .sort((a, b) => a[1] - b[1])
    .map(([name, bit]) => [`MP_${name}`, bit] as CardSpec);
  const data = new Int32Array(mask.data.buffer as ArrayBuffer, mask.data.byteOffset, mask.data.length);
  return {
    kind: "image",
    name: "MASK",
    header: [...cards, ...planes],
    data,
    shape: [mask.bbox.width, mask.bbox.height],
    ...compression,
  };
}

/** The HDUs of an exposure's file: primary (header only), IMAGE, MASK, VARIANCE, JSON, and one PSF per array. */
export function exposureHdus(exposure: Exposure, options: WriteExposureOptions = {}): HduSpec[] {
  const { bbox, image, mask, variance, wcs, unit } = exposure;
  const arrays: ArchiveArray[] = [];
  const text = formatDescription(describeExposure(exposure, arrays));
  const place = [...(wcs ? wcsCards(wcs, bbox) : []), ...offsetCards(bbox)];
  const maskCompression: { compress?: CompressSpec } =
    options.compress === undefined || options.compress === "none"
      ? {}
      : { compress: { algorithm: "RICE_1" } };
  return [
    { kind: "image", header: primaryCards(exposure) },
    floatHdu("IMAGE", image, [["BUNIT", unit], ...place], floatCompression(options.compress, 1)),
    maskHdu(mask, place, maskCompression),
    floatHdu(
      "VARIANCE",
      variance,
      [["BUNIT", `${unit}**2`], ...place],
      floatCompression(options.compress, 2),
    ),
    { kind: "bintable", name: "JSON", columns: [{ name: "JSON", data: [new TextEncoder().encode(text)] }] },
    ...arrays.map(
      ({ shape, data }, index): HduSpec => ({
        kind: "image",
        name: "PSF",
        version: index + 1,
        data: data as Float32Array<ArrayBuffer>,
        shape,
      }),
    ),
  ];
}

/**
 * Writes an exposure as FITS, atomically; equal exposures give equal bytes. Throws `IMAGES.PSF_KIND_UNKNOWN`,
 * `FITS.FILE_UNREADABLE` when the disk refuses.
 */
export async function writeExposure(
  path: string,
  exposure: Exposure,
  options: WriteExposureOptions = {},
): Promise<void> {
  const { checksum = false, seen } = options;
  await writeFits(path, exposureHdus(exposure, options), { checksum, ...(seen && { seen }) });
}
