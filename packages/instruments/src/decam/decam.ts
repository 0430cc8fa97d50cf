import type { AmplifierSections } from "../amplifier-sections.ts";
import { type HeaderCards, inheritCards, numberCard, textCard } from "../header.ts";
import type { InstrumentKind } from "../instrument.ts";
import { requireCard } from "../require-card.ts";
import { parseSection } from "../section.ts";
import { createSectionedKind } from "../sectioned-instrument.ts";
import { translateDecamHeader } from "./decam-header.ts";

/** Sections of amplifiers A and B of one CCD. */
export function decamAmplifiers(header: HeaderCards, hdu: number): AmplifierSections[] {
  return ["A", "B"].map((letter) => {
    const section = (name: string) =>
      requireCard(parseSection(header.get(`${name}${letter}`)), `${name}${letter}`);
    return {
      name: letter,
      hdu,
      data: section("DATASEC").box,
      serialOverscan: section("BIASSEC").box,
      parallelOverscan: section("POSTSEC").box,
      prescan: section("PRESEC").box,
      target: section("CCDSEC"),
      gain: numberCard(header, `GAIN${letter}`) ?? 4.5,
      readNoise: numberCard(header, `RDNOISE${letter}`) ?? 7,
      saturationAdu: numberCard(header, `SATURAT${letter}`) ?? 45_000,
    };
  });
}

/** The Dark Energy Camera at CTIO: raw files as it writes them. */
export const DECAM: InstrumentKind = createSectionedKind({
  name: "DECam",
  pythonClass: "lsst.obs.decam.DarkEnergyCamera",
  filters: [
    ["u DECam c0006 3500.0 1000.0", "u"],
    ["g DECam SDSS c0001 4720.0 1520.0", "g"],
    ["r DECam SDSS c0002 6415.0 1480.0", "r"],
    ["i DECam SDSS c0003 7835.0 1470.0", "i"],
    ["z DECam SDSS c0004 9260.0 1520.0", "z"],
    ["Y DECam c0005 10095.0 1130.0", "y"],
    ["VR DECam c0007 6300.0 2600.0", "VR"],
    ["solid plate 0.0 0.0", "white"],
  ].map(([physical, band]) => ({ physical: physical!, band: band! })),
  pixelScaleArcsec: 0.2637,
  pixelSizeMm: 0.015,
  maxima: { visit: 2 ** 25, exposure: 2 ** 25, detector: 100 },
  recognises: (header) =>
    textCard(header, "INSTRUME") === "DECam" || (textCard(header, "FILTER")?.includes("DECam") ?? false),
  detectorHeaders: (file) => {
    const [primary = new Map()] = file.hdus;
    const headers = new Map<number, HeaderCards>();
    file.hdus.forEach((header, hdu) => {
      // Focus and guide CCDs (numbers from 63) are not science detectors.
      const number = numberCard(header, "CCDNUM");
      if (number !== undefined && number <= 62 && header.has("DATASECA"))
        headers.set(hdu, inheritCards(primary, header));
    });
    return headers;
  },
  translate: translateDecamHeader,
  amplifiers: decamAmplifiers,
});
