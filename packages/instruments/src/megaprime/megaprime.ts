import type { AmplifierSections } from "../amplifier-sections.ts";
import { type HeaderCards, numberCard, textCard } from "../header.ts";
import type { InstrumentKind } from "../instrument.ts";
import { requireCard } from "../require-card.ts";
import { parseSection } from "../section.ts";
import { createSectionedKind } from "../sectioned-instrument.ts";
import { translateMegaPrimeHeader } from "./megaprime-header.ts";

/** Sections of amplifiers A and B of one CCD. */
export function megaPrimeAmplifiers(header: HeaderCards, hdu: number): AmplifierSections[] {
  return ["A", "B"].map((letter) => {
    const section = (name: string) =>
      requireCard(parseSection(header.get(`${name}${letter}`)), `${name}${letter}`);
    const data = section("DSEC").box;
    const bias = section("BSEC").box;
    return {
      name: letter,
      hdu,
      data,
      // BSEC reaches above the imaging rows; only the rows beside the data follow their drift.
      serialOverscan: { ...bias, y0: data.y0, height: data.height },
      target: section("CSEC"),
      gain: numberCard(header, `GAIN${letter}`, "GAIN") ?? 1.6,
      readNoise: numberCard(header, `RDNOISE${letter}`, "RDNOISE") ?? 5,
      saturationAdu: numberCard(header, `MAXLIN${letter}`, "SATURATE") ?? 65_535,
    };
  });
}

/** MegaPrime/MegaCam at CFHT: raw files with both amplifiers of a CCD spliced. */
export const MEGAPRIME: InstrumentKind = createSectionedKind({
  name: "MegaPrime",
  pythonClass: "lsst.obs.cfht.MegaPrime",
  filters: [
    "u.MP9301",
    "g.MP9401",
    "r.MP9601",
    "i.MP9701",
    "i.MP9702",
    "z.MP9801",
    "u.MP9302",
    "g.MP9402",
    "r.MP9602",
    "i.MP9703",
    "z.MP9901",
  ].map((physical) => ({ physical, band: physical[0]! })),
  pixelScaleArcsec: 0.187,
  pixelSizeMm: 0.0135,
  maxima: { visit: 2 ** 28, exposure: 2 ** 28, detector: 36 },
  recognises: (header) => textCard(header, "INSTRUME") === "MegaPrime",
  detectorHeaders: (file) =>
    // These files do not inherit: every extension tells everything.
    new Map([...file.hdus.entries()].filter(([, header]) => header.has("DSECA"))),
  translate: translateMegaPrimeHeader,
  amplifiers: megaPrimeAmplifiers,
});
