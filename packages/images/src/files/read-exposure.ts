import { AlmagestError } from "@almagest/base";
import { type FitsFile, type Hdu, type Header, openFits } from "@almagest/fits";
import { parseWcs, type SkyWcs, shiftWcs } from "@almagest/sphere";
import type { Box } from "../box.ts";
import { boxContainsBox } from "../box-algebra.ts";
import type { Exposure, Image, Mask } from "../exposure.ts";
import { type ExposureDescription, parseDescription } from "./exposure-description.ts";
import { describeForeign } from "./foreign-description.ts";
import { type ArchiveArray, restorePsf } from "./psf-archive.ts";

/** The parts of an exposure that can be read one by one; those a file lacks are undefined. */
export interface ExposureComponents
  extends Required<Pick<Exposure, "bbox" | "image" | "mask" | "variance" | "unit" | "metadata">> {
  readonly psf: Exposure["psf"];
  readonly wcs: Exposure["wcs"];
  readonly photoCalib: Exposure["photoCalib"];
  readonly apertureCorrection: Exposure["apertureCorrection"];
  readonly visitInfo: Exposure["visitInfo"];
  readonly filter: Exposure["filter"];
  readonly detector: Exposure["detector"];
  readonly validPolygon: Exposure["validPolygon"];
}

/** The name of one part of an exposure. */
export type ExposureComponent = keyof ExposureComponents;

/** Which pixels to read. */
export interface ReadExposureOptions {
  /** Part of the exposure, parent pixel coordinates; all of it if not given. */
  readonly bbox?: Box;
}

/** Names of the parts, in the order a file has them. */
export const EXPOSURE_COMPONENTS: readonly ExposureComponent[] = [
  "bbox",
  "image",
  "mask",
  "variance",
  "unit",
  "wcs",
  "psf",
  "photoCalib",
  "apertureCorrection",
  "visitInfo",
  "filter",
  "detector",
  "validPolygon",
  "metadata",
];

/** An open exposure file: the description is read once, when first needed. */
interface OpenExposure {
  readonly file: FitsFile;
  readonly full: Box;
  readonly part: Box;
  describe(): Promise<ExposureDescription>;
}

function fullBox(hdu: Hdu): Box {
  const [width = 0, height = 0] = hdu.shape;
  return {
    x0: hdu.header.getNumber("CRVAL1A") ?? 0,
    y0: hdu.header.getNumber("CRVAL2A") ?? 0,
    width,
    height,
  };
}

function openParts(file: FitsFile, bbox: Box | undefined): OpenExposure {
  const full = fullBox(file.hdu("IMAGE"));
  if (bbox && !boxContainsBox(full, bbox)) {
    throw new AlmagestError(
      "IMAGES.BOX_OUTSIDE",
      `The box ${bbox.width} × ${bbox.height} at (${bbox.x0}, ${bbox.y0}) is not inside the exposure, ${full.width} × ${full.height} at (${full.x0}, ${full.y0}).`,
      { fields: { bbox, full } },
    );
  }
  let description: Promise<ExposureDescription> | undefined;
  return {
    file,
    full,
    part: bbox ?? full,
    describe: () => (description ??= readDescription(file)),
  };
}

async function readDescription(file: FitsFile): Promise<ExposureDescription> {
  // Files of afw have no such extension, and in those of lsst.images it describes Python's classes.
  if (!file.hdus.some(({ name }) => name === "JSON") || file.hdu(0).header.has("JSONADDR"))
    return describeForeign(file);
  const table = await file.hdu("JSON").readTable();
  const cell = table.columns.get("JSON")?.data[0];
  if (!(cell instanceof Uint8Array)) {
    throw new AlmagestError(
      "IMAGES.FILE_INVALID",
      "The JSON extension has no column JSON of bytes; was it written by another program?",
    );
  }
  return parseDescription(new TextDecoder().decode(cell));
}

async function readPlane(open: OpenExposure, name: string): Promise<Float32Array> {
  const { data } = await open.file.hdu(name).readImage({ section: sectionOf(open) });
  return data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>);
}

function sectionOf({ full, part }: OpenExposure): Box {
  return { ...part, x0: part.x0 - full.x0, y0: part.y0 - full.y0 };
}

async function readMask(open: OpenExposure): Promise<Mask> {
  const hdu = open.file.hdu("MASK");
  const { data } = await hdu.readImage({ section: sectionOf(open), raw: true });
  const bits =
    data instanceof Int32Array
      ? new Uint32Array(data.buffer, data.byteOffset, data.length)
      : Uint32Array.from(data as ArrayLike<number>);
  return { bbox: open.part, data: bits, planes: readPlanes(hdu.header) };
}

/** Bits by plane name: cards `MP_name = bit`, or in files of `lsst.images` `MSKNbit = name`. */
function readPlanes(header: Header): Map<string, number> {
  const planes = new Map<string, number>();
  for (const { keyword, value } of header.cards) {
    const bit = /^MSKN(\d{4})$/.exec(keyword)?.[1];
    if (bit !== undefined && typeof value === "string") planes.set(value, Number(bit));
    if (keyword.startsWith("MP_") && typeof value === "number") planes.set(keyword.slice(3), value);
  }
  return planes;
}

function readWcs({ file, full }: OpenExposure): SkyWcs | undefined {
  const { header } = file.hdu("IMAGE");
  if (!header.has("CTYPE1")) return undefined;
  const wcs = parseWcs((key) => {
    const value = header.get(key);
    return typeof value === "number" || typeof value === "string" || typeof value === "boolean"
      ? value
      : undefined;
  });
  return shiftWcs(wcs, full.x0, full.y0);
}

async function readPsf(open: OpenExposure): Promise<Exposure["psf"]> {
  const { psf } = await open.describe();
  if (!psf) return undefined;
  const arrays: ArchiveArray[] = [];
  for (const hdu of open.file.hdus) {
    if (hdu.name !== "PSF") continue;
    const { shape, data } = await hdu.readImage();
    arrays.push({ shape, data: data as Float32Array });
  }
  return restorePsf(psf, arrays);
}

async function readApertureCorrection(open: OpenExposure): Promise<Exposure["apertureCorrection"]> {
  const { apertureCorrection } = await open.describe();
  if (!apertureCorrection) return undefined;
  return {
    bbox: apertureCorrection.bbox,
    coefficients: new Map(Object.entries(apertureCorrection.coefficients)),
  };
}

async function readImagePlane(open: OpenExposure, name: string): Promise<Image> {
  return { bbox: open.part, data: await readPlane(open, name) };
}

type Readers = { [K in ExposureComponent]: (open: OpenExposure) => Promise<ExposureComponents[K]> };

const READERS: Readers = {
  bbox: async ({ part }) => part,
  image: (open) => readImagePlane(open, "IMAGE"),
  mask: readMask,
  variance: (open) => readImagePlane(open, "VARIANCE"),
  wcs: async (open) => readWcs(open),
  psf: readPsf,
  apertureCorrection: readApertureCorrection,
  unit: async (open) => (await open.describe()).unit,
  photoCalib: async (open) => (await open.describe()).photoCalib,
  visitInfo: async (open) => (await open.describe()).visitInfo,
  filter: async (open) => (await open.describe()).filter,
  detector: async (open) => (await open.describe()).detector,
  validPolygon: async (open) => (await open.describe()).validPolygon,
  metadata: async (open) => (await open.describe()).metadata,
};

/** Reads some parts of an exposure, and of the file only what they need. Throws as `readExposure`. */
export async function readExposureComponents<K extends ExposureComponent>(
  input: string | Uint8Array,
  components: readonly K[],
  options: ReadExposureOptions = {},
): Promise<Pick<ExposureComponents, K>> {
  await using file = await openFits(input);
  const open = openParts(file, options.bbox);
  const found: Partial<ExposureComponents> = {};
  for (const name of components) Object.assign(found, { [name]: await READERS[name](open) });
  return found as Pick<ExposureComponents, K>;
}

/** Reads one part of an exposure; undefined where the file lacks it. Throws as `readExposure`. */
export async function readExposureComponent<K extends ExposureComponent>(
  input: string | Uint8Array,
  component: K,
  options: ReadExposureOptions = {},
): Promise<ExposureComponents[K]> {
  return (await readExposureComponents(input, [component], options))[component];
}

/**
 * Reads an exposure written by `writeExposure`, or the part of it in `bbox`. Of files of `lsst.afw` and `lsst.images` it reads
 * image, mask, variance, a FITS WCS, unit and cards. Throws `IMAGES.BOX_OUTSIDE`,
 * `IMAGES.FILE_INVALID`, `FITS.…` for a damaged file.
 */
export async function readExposure(
  input: string | Uint8Array,
  options: ReadExposureOptions = {},
): Promise<Exposure> {
  const parts = await readExposureComponents(input, EXPOSURE_COMPONENTS, options);
  const present = Object.entries(parts).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as unknown as Exposure;
}
