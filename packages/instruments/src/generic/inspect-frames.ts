import { basename } from "node:path";
import { AlmagestError } from "@almagest/base";
import { openFits } from "@almagest/fits";
import { headerCards } from "../file-headers.ts";
import { type HeaderCards, inheritCards, numberCard, textCard } from "../header.ts";
import { beginTime, endTime } from "../header-time.ts";
import { optional } from "../optional.ts";
import {
  classifyImage,
  classifyImageless,
  MASK_EXTENSION,
  OTHER_EXTENSION,
  VARIANCE_EXTENSION,
  WEIGHT_EXTENSION,
} from "./classify-frame.ts";
import { pairCompanions } from "./companions.ts";
import { readFilter } from "./frame-filter.ts";
import {
  type ImageHdu,
  type Layout,
  layoutOfAmplifiers,
  layoutOfImage,
  readCrosstalk,
  readElectronics,
} from "./frame-geometry.ts";
import type { Companions, FrameInfo, FrameKind } from "./frame-info.ts";
import { readAirmass, readPointing } from "./frame-pointing.ts";
import { readUnit } from "./frame-unit.ts";
import { nameInstrument } from "./instrument-name.ts";

const RAW_KINDS: ReadonlySet<FrameKind> = new Set(["bias", "dark", "flat", "science"]);
const DEFAULT_READ_NOISE = 8;

/**
 * Tells what some files are from their headers: one entry per image of a detector (several amplifiers' images are one), or one
 * per file without images. Masks and weights are joined to their images as companions and listed too. A file that is not
 * FITS, or damaged, becomes `unknown` with a note.
 */
export async function inspectFrames(paths: readonly string[]): Promise<FrameInfo[]> {
  const frames: FrameInfo[] = [];
  for (const path of paths) frames.push(...(await inspectFile(path)));
  return pairCompanions(frames);
}

async function inspectFile(path: string): Promise<FrameInfo[]> {
  let hdus: ImageHdu[];
  let primary: HeaderCards;
  try {
    await using fits = await openFits(path);
    primary = headerCards(fits.hdus[0]!.header);
    hdus = fits.hdus.flatMap((hdu, index): ImageHdu[] => {
      const [width = 0, height = 0] = hdu.shape;
      const isImage = hdu.kind === "image" || hdu.kind === "compressed-image";
      if (!isImage || width < 2 || height < 2 || hdu.shape.slice(2).some((length) => length > 1)) return [];
      const own = headerCards(hdu.header);
      const header = index === 0 ? own : inheritCards(primary, own);
      return [{ index, own, header, width, height, bitpix: numberCard(own, "BITPIX") ?? 16 }];
    });
  } catch (error) {
    if (!(error instanceof AlmagestError)) throw error;
    return [blankFrame(path, new Map(), "unknown", [`cannot be read: ${error.message}`])];
  }
  if (hdus.length === 0) {
    const { kind, notes } = classifyImageless(primary);
    return [blankFrame(path, primary, kind, notes)];
  }
  return describeImages(path, hdus);
}

function blankFrame(path: string, header: HeaderCards, kind: FrameKind, notes: readonly string[]): FrameInfo {
  return {
    path,
    kind,
    hdu: -1,
    notes,
    header,
    instrument: nameInstrument(header),
    detectorName: "0",
    width: 0,
    height: 0,
    amplifiers: [],
    crosstalk: [],
    exposureSec: 0,
    darkSec: 0,
    object: "unknown",
    filter: { physical: "unknown", band: "unknown" },
    wcsIsGuess: false,
    unit: "adu",
    gain: 1,
    readNoise: DEFAULT_READ_NOISE,
    gainIsGuess: true,
    softBias: 0,
    companions: {},
  };
}

const extensionName = (hdu: ImageHdu): string => textCard(hdu.own, "EXTNAME") ?? "";
const isPlane = (hdu: ImageHdu): boolean =>
  [MASK_EXTENSION, WEIGHT_EXTENSION, VARIANCE_EXTENSION, OTHER_EXTENSION].some((pattern) =>
    pattern.test(extensionName(hdu)),
  );

/** The images of one file: planes beside them are companions, amplifiers' images are put together. */
function describeImages(path: string, hdus: readonly ImageHdu[]): FrameInfo[] {
  const images = hdus.filter((hdu) => !isPlane(hdu));
  const pictures = images.length > 0 ? images : hdus;
  const groups = groupByDetector(pictures);
  return groups.map((group) => {
    const companions = groups.length === 1 ? planesOf(path, hdus) : {};
    return describeDetector(path, group, companions);
  });
}

function planesOf(path: string, hdus: readonly ImageHdu[]): Companions {
  const find = (pattern: RegExp) => {
    const hdu = hdus.find((candidate) => pattern.test(extensionName(candidate)));
    return hdu === undefined ? undefined : { path, hdu: hdu.index, format: "image" as const };
  };
  return {
    ...optional("mask", find(MASK_EXTENSION)),
    ...optional("weight", find(WEIGHT_EXTENSION)),
    ...optional("variance", find(VARIANCE_EXTENSION)),
  };
}

/** Images of one detector belong together when they are amplifiers: they have overscan, or sections of the same detector. */
function groupByDetector(hdus: readonly ImageHdu[]): ImageHdu[][] {
  const groups = new Map<string, ImageHdu[]>();
  hdus.forEach((hdu) => {
    const named = textCard(hdu.own, "CCDNUM", "DETPOS", "CCDNAME", "IMAGEID", "CHIPID");
    const isAmplifier = hdu.own.has("DETSEC") && (hdu.own.has("BIASSEC") || hdu.own.has("DATASEC"));
    const key = named ?? (isAmplifier ? "amplifiers" : String(hdu.index));
    groups.set(key, [...(groups.get(key) ?? []), hdu]);
  });
  return [...groups.values()];
}

function describeDetector(path: string, hdus: readonly ImageHdu[], companions: Companions): FrameInfo {
  const [first] = hdus as readonly [ImageHdu, ...ImageHdu[]];
  const { header } = first;
  const verdict = classifyImage(header, first.bitpix, path);
  const notes = [...verdict.notes];
  const raw = RAW_KINDS.has(verdict.kind);
  const layout = raw ? rawLayout(hdus, notes) : undefined;
  const width = layout?.width ?? first.width;
  const height = layout?.height ?? first.height;
  const offset = layout?.amplifiers.length === 1 ? layout.amplifiers[0]!.data : { x0: 0, y0: 0 };
  const pointing = readPointing(header, { width, height }, offset);
  const needsSky = verdict.kind === "science" || verdict.kind === "reduced";
  if (needsSky) notes.push(...pointing.notes);
  const filter = readFilter(header);
  if (filter.note !== undefined && (needsSky || verdict.kind === "flat")) notes.push(filter.note);
  const electronics = readElectronics(header);
  const { unit, note } = readUnit(header);
  if (verdict.kind === "reduced" && note !== undefined) notes.push(note);
  const gainIsGuess = electronics.gain === 0 && (layout?.amplifiers.every(({ gain }) => gain === 0) ?? true);
  if (gainIsGuess && unit === "adu") {
    notes.push(
      verdict.kind === "reduced"
        ? "no gain told; estimated from the level and noise of the sky"
        : "no gain told; taken as 1 electron per ADU",
    );
  }
  if (raw && electronics.readNoise === 0)
    notes.push(`no read noise told; taken as ${DEFAULT_READ_NOISE} electrons`);
  const exposureSec = numberCard(header, "EXPTIME", "EXPOSURE", "EXP_TIME", "ITIME", "EXPOS") ?? 0;
  const beginTaiNs = beginTime(header);
  if (beginTaiNs === undefined) notes.push("no date and time told");
  return {
    path,
    kind: verdict.kind,
    hdu: first.index,
    notes,
    header,
    instrument: nameInstrument(header),
    ...optional("telescope", textCard(header, "TELESCOP")),
    detectorName: detectorName(header, path),
    width,
    height,
    amplifiers: (layout?.amplifiers ?? []).map((amplifier) => ({
      ...amplifier,
      gain: amplifier.gain || electronics.gain || 1,
      readNoise: amplifier.readNoise || electronics.readNoise || DEFAULT_READ_NOISE,
    })),
    crosstalk: layout === undefined ? [] : readCrosstalk(header, layout.amplifiers.length),
    ...optional("beginTaiNs", beginTaiNs),
    exposureSec,
    darkSec: numberCard(header, "DARKTIME") ?? elapsed(header, beginTaiNs) ?? exposureSec,
    object: textCard(header, "OBJECT", "TARGNAME", "OBJNAME") ?? "unknown",
    filter: { physical: filter.physical, band: filter.band },
    ...optional("wcs", pointing.wcs),
    wcsIsGuess: pointing.wcsIsGuess,
    ...optional("pixelScaleArcsec", pointing.pixelScaleArcsec),
    ...optional("raDeg", pointing.raDeg),
    ...optional("decDeg", pointing.decDeg),
    ...optional("airmass", readAirmass(header)),
    unit,
    gain: unit === "electron" ? 1 : electronics.gain || 1,
    readNoise: electronics.readNoise || DEFAULT_READ_NOISE,
    gainIsGuess: gainIsGuess && unit !== "electron",
    ...optional("saturation", electronics.saturation),
    softBias: numberCard(header, "SOFTBIAS", "PEDESTAL") ?? 0,
    ...optional("zeroPointMag", readZeroPoint(header)),
    companions,
  };
}

function rawLayout(hdus: readonly ImageHdu[], notes: string[]): Layout {
  const [first] = hdus as readonly [ImageHdu, ...ImageHdu[]];
  if (hdus.length === 1) return layoutOfImage(first);
  const layout = layoutOfAmplifiers(hdus);
  if (layout !== undefined) return layout;
  notes.push(`${hdus.length} images without DETSEC; only the first is used`);
  return layoutOfImage(first);
}

/** Seconds from begin to end where the header tells both, and they make sense. */
function elapsed(header: HeaderCards, beginTaiNs: bigint | undefined): number | undefined {
  const end = endTime(header);
  if (end === undefined || beginTaiNs === undefined) return undefined;
  const seconds = Number(end - beginTaiNs) / 1e9;
  return seconds > 0 && seconds < 86_400 ? seconds : undefined;
}

/** AB magnitude that gives one unit: stated, or from SDSS's counts of a source of magnitude 20. */
function readZeroPoint(header: HeaderCards): number | undefined {
  const flux20 = numberCard(header, "FLUX20");
  const stated = numberCard(header, "MAGZERO", "MAGZPT", "PHOTZP", "ZPMAG", "MAGZP");
  return stated ?? (flux20 !== undefined && flux20 > 0 ? 20 + 2.5 * Math.log10(flux20) : undefined);
}

/** The detector's name: its position or number in a mosaic, SDSS's camera column, else `0`. */
function detectorName(header: HeaderCards, path: string): string {
  const sdss = /^fpC-\d+-([ugriz]\d)-\d+/.exec(basename(path));
  const named = textCard(header, "DETPOS", "CCDNAME", "CCDNUM", "CHIPID") ?? sdss?.[1];
  return (named ?? "0").replaceAll(/[^A-Za-z0-9_-]+/g, "-").slice(0, 20);
}
