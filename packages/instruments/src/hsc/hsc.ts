import type { Box } from "@almagest/images";
import type { AmplifierSections } from "../amplifier-sections.ts";
import { type HeaderCards, inheritCards, numberCard, textCard } from "../header.ts";
import type { InstrumentKind } from "../instrument.ts";
import { requireCard } from "../require-card.ts";
import { createSectionedKind } from "../sectioned-instrument.ts";
import { translateHscHeader } from "./hsc-header.ts";

/** Sections of the four channels of one CCD, from the T_ cards: EF effective, OS overscan, digits channel and axis. */
export function hscAmplifiers(header: HeaderCards, hdu: number): AmplifierSections[] {
  let column = 0;
  return [1, 2, 3, 4].map((channel) => {
    const card = (name: string) => requireCard(numberCard(header, name), name);
    const range = (kind: string, axis: number): [number, number] => {
      const first = card(`T_${kind}MN${channel}${axis}`);
      return [first - 1, card(`T_${kind}MX${channel}${axis}`) - first + 1];
    };
    const box = (kindX: string, kindY: string): Box => {
      const [x0, width] = range(kindX, 1);
      const [y0, height] = range(kindY, 2);
      return { x0, y0, width, height };
    };
    const data = box("EF", "EF");
    const target = {
      box: { x0: column, y0: 0, width: data.width, height: data.height },
      flipX: false,
      flipY: false,
    };
    column += data.width;
    return {
      name: `${channel}`,
      hdu,
      data,
      serialOverscan: box("OS", "EF"),
      parallelOverscan: box("EF", "OS"),
      target,
      gain: numberCard(header, `T_GAIN${channel}`) ?? 3.5,
      readNoise: 4.5,
      saturationAdu: 52_000,
    };
  });
}

/** Hyper Suprime-Cam at Subaru: one file per CCD. */
export const HSC: InstrumentKind = createSectionedKind({
  name: "HSC",
  pythonClass: "lsst.obs.subaru.HyperSuprimeCam",
  filters: ["HSC-G", "HSC-R", "HSC-R2", "HSC-I", "HSC-I2", "HSC-Z", "HSC-Y"].map((physical) => ({
    physical,
    band: physical[4]!.toLowerCase(),
  })),
  pixelScaleArcsec: 0.17,
  pixelSizeMm: 0.015,
  maxima: { visit: 21_474_800, exposure: 21_474_800, detector: 200 },
  recognises: (header) => {
    const instrument = textCard(header, "INSTRUME");
    if (instrument !== undefined) return instrument === "Hyper Suprime-Cam" || instrument === "HSC";
    return textCard(header, "EXP-ID", "FRAMEID")?.startsWith("HSC") ?? false;
  },
  detectorHeaders: (file) => {
    const [primary = new Map()] = file.hdus;
    const headers = new Map<number, HeaderCards>();
    file.hdus.forEach((header, hdu) => {
      if (header.has("T_EFMN11")) headers.set(hdu, inheritCards(primary, header));
    });
    return headers;
  },
  translate: translateHscHeader,
  amplifiers: hscAmplifiers,
});
