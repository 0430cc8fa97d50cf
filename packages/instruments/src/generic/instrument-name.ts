import { type HeaderCards, textCard } from "../header.ts";
import { INSTRUMENTS } from "../instruments.ts";

/** Longest name a repository takes for an instrument. */
const MAX_LENGTH = 32;

/**
 * A name for the instrument that wrote a header: that of a known one, else from its telescope and instrument cards (or who
 * wrote the file), in letters, digits and `-`.
 */
export function nameInstrument(header: HeaderCards): string {
  for (const kind of INSTRUMENTS.values()) if (kind.recognises(header)) return kind.name;
  const telescope = textCard(header, "TELESCOP", "OBSERVAT");
  const instrument = textCard(header, "INSTRUME", "CAMERA", "DETECTOR");
  // A short name such as fa05 needs its telescope's beside it.
  const origin = telescope === undefined ? undefined : textCard(header, "ORIGIN");
  // A short name such as fa05 needs its telescope's beside it.
  const words =
    instrument === undefined
      ? [origin, telescope]
      : [instrument, instrument.length < 8 ? telescope : undefined];
  const name = words
    .filter((word) => word !== undefined)
    .join("-")
    .replaceAll(/[^A-Za-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return name === "" ? "unnamed-camera" : name.slice(0, MAX_LENGTH).replace(/-+$/, "");
}
