import { type HeaderCards, textCard } from "../header.ts";

/** Cards that say what an exposure is, most specific first. */
const TYPE_CARDS = [
  "IMAGETYP",
  "IMGTYPE",
  "OBSTYPE",
  "OBS-TYPE",
  "OBS_TYPE",
  "EXPTYPE",
  "CCDTYPE",
  "FRAMETYP",
  "DATA-TYP",
  "IMTYPE",
  "ESO DPR TYPE",
  "ESO GEN EXPO TYPE",
  "FLAVOR",
  "FRAME",
];

/** Words that name a type; the order matters, as `dark flat` is a dark and `sky flat` no sky. */
const TYPE_WORDS: readonly (readonly [pattern: RegExp, type: string])[] = [
  [/bias|zero/i, "bias"],
  [/dark/i, "dark"],
  [/flat|twilight|twi\b|dome|skyfl|lamp/i, "flat"],
  [/light|object|sci|expose|target|standard|sky/i, "science"],
  [/focus|acq|test|arc|comp|calib|pinhole/i, "other"],
];

/** The type a text names: bias, dark, flat, science or other; undefined when it names none. */
export function typeOfText(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  return TYPE_WORDS.find(([pattern]) => pattern.test(text))?.[1];
}

/** The type that the header names, and the card that does. */
export function typeOfHeader(header: HeaderCards): { type: string; card: string } | undefined {
  for (const card of TYPE_CARDS) {
    const value = header.get(card);
    const type = typeof value === "string" ? typeOfText(value) : undefined;
    if (type !== undefined) return { type, card };
  }
  return undefined;
}

/** Cards that pipelines leave in images they have reduced. */
const REDUCED_CARDS = [
  "FLATCOR",
  "ZEROCOR",
  "BIASCOR",
  "DARKCOR",
  "OVERSCAN",
  "TRIM",
  "CCDPROC",
  "SUBOVER",
  "TRIMOVER",
  "FLATFIL",
  "BIASFIL",
  "FLATFILE",
  "BIASFILE",
  "DESFLAT",
  "L1IDFLAT",
  "L1STATFL",
  "SOFTBIAS",
  "FLUX20",
  "MAGZERO",
  "MAGZPT",
  "PHOTZP",
  "ZEROPNT",
  "ZPMAG",
  "MAGZP",
  "PHOTZPT",
  "NCOMBINE",
  "STACKED",
  "PSF_FWHM",
  "SKYSUB",
  "CALSTAT",
];

/** Why an image counts as reduced, or undefined when nothing speaks for it. */
export function reducedEvidence(header: HeaderCards, bitpix: number): string | undefined {
  const process = textCard(header, "PROCTYPE", "PROCSTAT", "RLEVEL", "OBSRAW");
  if (process !== undefined && !/raw/i.test(process) && process !== "0") return `PROCTYPE = ${process}`;
  const card = REDUCED_CARDS.find((name) => header.has(name) && header.get(name) !== false);
  if (card !== undefined) return `the card ${card}`;
  const scale = header.get("BSCALE");
  if (bitpix > 0 && typeof scale === "number" && scale !== 1) return `BSCALE = ${scale}`;
  const unit = textCard(header, "BUNIT");
  if (unit !== undefined && /electron|^e-|jy|erg|\/s/i.test(unit)) return `BUNIT = ${unit}`;
  return bitpix < 0 ? "floating-point pixels" : undefined;
}
