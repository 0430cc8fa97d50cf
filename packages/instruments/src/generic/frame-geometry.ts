import type { Box } from "@almagest/images";
import type { AmplifierSections } from "../amplifier-sections.ts";
import { type HeaderCards, numberCard, textCard } from "../header.ts";
import { parseSection, type Section } from "../section.ts";

/** One image HDU: its index, cards (primary's merged in) and size. */
export interface ImageHdu {
  readonly index: number;
  readonly header: HeaderCards;
  /** The extension's own cards. */
  readonly own: HeaderCards;
  readonly width: number;
  readonly height: number;
  readonly bitpix: number;
}

/** The layout of a raw detector: its amplifiers, and the size of the assembled image. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly amplifiers: readonly AmplifierSections[];
}

/** Electronics as cards tell them; gain and noise 0 where they do not. */
export interface Electronics {
  readonly gain: number;
  readonly readNoise: number;
  readonly saturation: number | undefined;
}

/** Positive number of the first card that has one. */
function positive(header: HeaderCards, ...cards: readonly string[]): number | undefined {
  for (const card of cards) {
    const value = numberCard(header, card);
    if (value !== undefined && value > 0) return value;
  }
  return undefined;
}

/** Gain (electrons per ADU), read noise (electrons) and saturation (ADU) of an image or amplifier. */
export function readElectronics(header: HeaderCards, suffix = ""): Electronics {
  const of = (...cards: readonly string[]): string[] =>
    suffix === "" ? [...cards] : [...cards.map((card) => `${card}${suffix}`), ...cards];
  const pair = [positive(header, "GAINA"), positive(header, "GAINB")];
  const mean = pair[0] !== undefined && pair[1] !== undefined ? (pair[0] + pair[1]) / 2 : undefined;
  return {
    gain:
      positive(
        header,
        ...of(
          "GAIN",
          "EGAIN",
          "CCDGAIN",
          "GAINEFF",
          "GAIN_1",
          "CCD_GAIN",
          "ESO DET OUT1 CONAD",
          "ESO DET AD_VALUE",
        ),
      ) ??
      mean ??
      0,
    readNoise:
      positive(
        header,
        ...of(
          "RDNOISE",
          "READNOIS",
          "RON",
          "ENOISE",
          "CCDNOISE",
          "RDNOISE1",
          "RN",
          "ESO DET OUT1 RON",
          "RDNOISEA",
        ),
      ) ?? 0,
    saturation: positive(header, ...of("SATURATE", "SATLEVEL", "SATURAT", "MAXLIN", "SATURATA")),
  };
}

/** Serial and parallel parts of an overscan section: beside the data, or above and below. */
function splitOverscan(bias: Section | undefined, data: Box): { serial?: Box; parallel?: Box } {
  if (bias === undefined) return {};
  const { box } = bias;
  const beside = box.x0 >= data.x0 + data.width || box.x0 + box.width <= data.x0;
  if (!beside) return { parallel: box };
  // Only lines beside the data follow their drift; shorter sections are taken as they are.
  const top = Math.min(box.y0 + box.height, data.y0 + data.height);
  const y0 = Math.max(box.y0, data.y0);
  return top > y0 ? { serial: { ...box, y0, height: top - y0 } } : {};
}

/** A section that lies inside an image of this size, or undefined. */
function inside(section: Section | undefined, width: number, height: number): Section | undefined {
  if (section === undefined) return undefined;
  const { box } = section;
  return box.x0 + box.width <= width && box.y0 + box.height <= height ? section : undefined;
}

const FALLBACK_SATURATION = 65_000;

function amplifierOf(
  hdu: ImageHdu,
  name: string,
  data: Box,
  bias: Section | undefined,
  target: Section,
  electronics: Electronics,
): AmplifierSections {
  const { serial, parallel } = splitOverscan(bias, data);
  return {
    name,
    hdu: hdu.index,
    data,
    ...(serial === undefined ? {} : { serialOverscan: serial }),
    ...(parallel === undefined ? {} : { parallelOverscan: parallel }),
    target,
    gain: electronics.gain,
    readNoise: electronics.readNoise,
    saturationAdu: electronics.saturation ?? FALLBACK_SATURATION,
  };
}

/** Layout of a raw detector stored in one image: cards per amplifier (DATASECA …), or one amplifier with its overscan. */
export function layoutOfImage(hdu: ImageHdu): Layout {
  const { header, width, height } = hdu;
  const letters = ["A", "B", "C", "D"].filter((letter) =>
    inside(parseSection(header.get(`DATASEC${letter}`)), width, height),
  );
  if (letters.length > 1) return layoutOfLetters(hdu, letters);
  const data = inside(parseSection(header.get("TRIMSEC")), width, height)?.box ??
    inside(parseSection(header.get("DATASEC")), width, height)?.box ?? { x0: 0, y0: 0, width, height };
  const bias = inside(parseSection(header.get("BIASSEC")), width, height);
  const target = {
    box: { x0: 0, y0: 0, width: data.width, height: data.height },
    flipX: false,
    flipY: false,
  };
  return {
    width: data.width,
    height: data.height,
    amplifiers: [
      amplifierOf(
        hdu,
        textCard(header, "AMPNAME", "AMPID") ?? "0",
        data,
        bias,
        target,
        readElectronics(header),
      ),
    ],
  };
}

function layoutOfLetters(hdu: ImageHdu, letters: readonly string[]): Layout {
  const { header, width, height } = hdu;
  const parts = letters.map((letter) => ({
    letter,
    data: parseSection(header.get(`DATASEC${letter}`))!.box,
    bias: inside(parseSection(header.get(`BIASSEC${letter}`)), width, height),
    target: parseSection(header.get(`CCDSEC${letter}`)),
  }));
  const x0 = Math.min(...parts.map(({ data }) => data.x0));
  const y0 = Math.min(...parts.map(({ data }) => data.y0));
  const amplifiers = parts.map(({ letter, data, bias, target }) =>
    amplifierOf(
      hdu,
      letter,
      data,
      bias,
      target ?? { box: { ...data, x0: data.x0 - x0, y0: data.y0 - y0 }, flipX: false, flipY: false },
      readElectronics(header, letter),
    ),
  );
  return sized(amplifiers);
}

function sized(amplifiers: readonly AmplifierSections[]): Layout {
  const boxes = amplifiers.map(({ target }) => target.box);
  return {
    width: Math.max(...boxes.map((box) => box.x0 + box.width)),
    height: Math.max(...boxes.map((box) => box.y0 + box.height)),
    amplifiers,
  };
}

/** Layout of a raw detector with one image per amplifier, placed by DETSEC (in unbinned pixels, so divided by CCDSUM). */
export function layoutOfAmplifiers(hdus: readonly ImageHdu[]): Layout | undefined {
  const parts = hdus.map((hdu) => ({
    hdu,
    target: parseSection(hdu.header.get("DETSEC")) ?? parseSection(hdu.header.get("CCDSEC")),
  }));
  if (parts.some(({ target }) => target === undefined)) return undefined;
  const [binX = 1, binY = 1] = (textCard(hdus[0]!.header, "CCDSUM") ?? "1 1").split(/\s+/).map(Number);
  const x0 = Math.min(...parts.map(({ target }) => target!.box.x0));
  const y0 = Math.min(...parts.map(({ target }) => target!.box.y0));
  const amplifiers = parts.map(({ hdu, target }, i) => {
    const { width, height } = hdu;
    const { box, flipX, flipY } = target!;
    const data = inside(parseSection(hdu.own.get("DATASEC")), width, height)?.box ?? {
      x0: 0,
      y0: 0,
      width,
      height,
    };
    const bias = inside(parseSection(hdu.own.get("BIASSEC")), width, height);
    const place = {
      x0: Math.floor((box.x0 - x0) / binX),
      y0: Math.floor((box.y0 - y0) / binY),
      // The stored data decide the size: sections rounded by binning may differ by a pixel.
      width: data.width,
      height: data.height,
    };
    const name = textCard(hdu.own, "AMPNAME", "EXTNAME");
    const named =
      name === undefined ||
      hdus.some((other) => other !== hdu && textCard(other.own, "AMPNAME", "EXTNAME") === name);
    return amplifierOf(
      hdu,
      named ? String(i + 1) : name,
      data,
      bias,
      { box: place, flipX, flipY },
      readElectronics(hdu.header),
    );
  });
  return sized(amplifiers);
}

/** Crosstalk between amplifiers from cards `CRSTLK12` (signal of 1 seen in 2), as LCO writes them; empty when there are none. */
export function readCrosstalk(header: HeaderCards, count: number): number[][] {
  const matrix = Array.from({ length: count }, (_, target) =>
    Array.from({ length: count }, (__, source) =>
      source === target ? 0 : (numberCard(header, `CRSTLK${source + 1}${target + 1}`) ?? 0),
    ),
  );
  return matrix.some((row) => row.some((value) => value !== 0)) ? matrix : [];
}
