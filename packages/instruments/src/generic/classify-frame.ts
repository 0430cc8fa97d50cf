import { basename } from "node:path";
import { type HeaderCards, numberCard, textCard } from "../header.ts";
import type { FrameKind } from "./frame-info.ts";
import { reducedEvidence, typeOfHeader, typeOfText } from "./frame-words.ts";

/** A verdict on what a frame is, and what was guessed in coming to it. */
export interface Verdict {
  readonly kind: FrameKind;
  readonly notes: readonly string[];
}

/** Words in file names, between separators, that mark planes which belong to another image. */
const MASK_NAME = /(?:^|[-_.])(?:ood|od|mask|msk|bpm|dq|dqm|dqmask|flags?)(?:[-_.]|$)|^fpM-/i;
const WEIGHT_NAME = /(?:^|[-_.])(?:oow|ow|weight|wht|wt|ivar|invvar|var|unc|rms)(?:[-_.]|$)/i;
const WEIGHT_PRODUCT = /weight|wtmap|invvar|ivar/i;
const MASK_PRODUCT = /mask|dq/i;

/** Extension names of planes that lie beside an image in its own file. */
export const MASK_EXTENSION = /^(mask|msk|dq|bpm|flags?|dqmask)$/i;
export const WEIGHT_EXTENSION = /^(weight|wht|wt|ivar|invvar)$/i;
export const VARIANCE_EXTENSION = /^(var|variance)$/i;
/** Extension names of planes that are neither image nor its noise. */
export const OTHER_EXTENSION = /^(err|error|uncert|sky|skyfit|background|bkg|psf|cat|exp|coverage)$/i;

/** Tells a file without images: a list of masked pixels, or a catalogue. */
export function classifyImageless(primary: HeaderCards): Verdict {
  if (primary.has("MASKROWS") && primary.has("NPLANE")) return { kind: "mask", notes: [] };
  return { kind: "catalogue", notes: [] };
}

/** Tells what an image is from its header, its pixel type, and where these are silent from its name. */
export function classifyImage(header: HeaderCards, bitpix: number, path: string): Verdict {
  const name = basename(path);
  const product = textCard(header, "PRODTYPE", "IMTYPE", "DES_EXT") ?? "";
  if (MASK_PRODUCT.test(product) || (MASK_NAME.test(name) && bitpix > 0)) return { kind: "mask", notes: [] };
  if (WEIGHT_PRODUCT.test(product) || (WEIGHT_NAME.test(name) && bitpix < 0))
    return { kind: "weight", notes: [] };

  const named = typeOfHeader(header);
  const reduced = reducedEvidence(header, bitpix);
  if (reduced !== undefined) return classifyReduced(header, reduced, named?.type);
  const type = named?.type;
  if (type === "bias" || type === "dark" || type === "flat") return { kind: type, notes: [] };
  if (type === "other") {
    return {
      kind: "unknown",
      notes: [`${named!.card} = ${textCard(header, named!.card)}: not for the sky or its calibration`],
    };
  }
  const guess = typeOfText(textCard(header, "OBJECT")) ?? typeOfText(name);
  if (type === undefined && (guess === "bias" || guess === "dark" || guess === "flat")) {
    return { kind: guess, notes: [`taken as a ${guess} by its object or file name; no card says so`] };
  }
  const exposure = numberCard(header, "EXPTIME", "EXPOSURE");
  if (type === undefined && exposure === 0) {
    return { kind: "bias", notes: ["taken as a bias: the exposure time is 0"] };
  }
  if (type === "science") return { kind: "science", notes: [] };
  return { kind: "science", notes: ["taken as a raw picture of the sky; no card says so"] };
}

function classifyReduced(header: HeaderCards, reason: string, type: string | undefined): Verdict {
  if (type === "bias" || type === "dark" || type === "flat") {
    return {
      kind: "unknown",
      notes: [`a ${type} that was processed already (${reason}); give the raw frames`],
    };
  }
  const notes = [`taken as reduced by ${reason}`];
  const grating = textCard(header, "GRATING", "GRISM", "DISPERSR");
  if (grating !== undefined && !/mirror|open|none|out|home/i.test(grating)) {
    notes.push(`looks like a spectrum (grating ${grating}); treated as a picture`);
  }
  return { kind: "reduced", notes };
}
