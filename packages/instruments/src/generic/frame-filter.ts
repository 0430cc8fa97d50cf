import { type HeaderCards, textCard } from "../header.ts";

const FILTER_CARDS = [
  "FILTER",
  "FILTNAM",
  "FILTERS",
  "FILTNAME",
  "INSFILTE",
  "FILTER01",
  "FILTERID",
  "ESO INS FILT1 NAME",
];
const WHEEL_CARDS = ["FILTER1", "FILTER2", "FILTER3", "FILTNAM1", "FILTNAM2", "ESO INS OPTI-7 NAME"];
const EMPTY_SLOT = /^(air|open|clear|free|empty|none|home|dark|open\d*-\d+)$/i;

/** Passbands by the names that observatories give their filters; the first pattern that fits decides. */
const BANDS: readonly (readonly [pattern: RegExp, band: string])[] = [
  [/^(clear|lum|luminance|l|air|open|none|w|white|c)$/i, "white"],
  [/^(?:sdss|sloan|ps1?|des|hsc|decam|lsst)?[-_ ]*([ugrizy])(?:p|'|_?prime|s)?$/, "$1"],
  [/^(?:sdss|sloan|hsc|des)[-_ ]*([ugrizy])\d?$/i, "$1"],
  [/^([ugrizyY]) (?:DECam|SDSS)/, "$1"],
  [/^([ugrizy])[._](?:MP|sim|\d)/, "$1"],
  [/^(?:bessell?|johnson|cousins|kc|harris)?[-_ ]*([UBVRI])c?$/, "$1"],
  [/^(?:bessell?|johnson|cousins|harris)[-_ ]*([ubvri])$/i, "$1"],
];

/** The filter's name as the header has it, and its band; `unknown` where nothing tells. */
export function readFilter(header: HeaderCards): { physical: string; band: string; note?: string } {
  const named = textCard(header, ...FILTER_CARDS);
  const wheels = WHEEL_CARDS.map((card) => textCard(header, card)).filter((name) => name !== undefined);
  const turned = wheels.filter((name) => !EMPTY_SLOT.test(name));
  const physical = (named ?? (turned.length > 0 ? turned.join("+") : wheels[0]))?.slice(0, 32);
  if (physical === undefined) {
    return { physical: "unknown", band: "unknown", note: "no filter named" };
  }
  for (const [pattern, band] of BANDS) {
    const match = pattern.exec(physical);
    if (match !== null) return { physical, band: band === "$1" ? canonicalBand(match[1]!) : band };
  }
  return { physical, band: physical.slice(0, 32), note: `filter ${physical} is of no band known here` };
}

/** DECam's Y is the y of others; Johnson and Cousins bands keep their capitals. */
function canonicalBand(letter: string): string {
  return letter === "Y" ? "y" : letter;
}
