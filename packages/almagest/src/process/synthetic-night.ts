import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createRandom, type Random } from "@almagest/base";
import { type CardSpec, writeFits } from "@almagest/fits";

/** How an invented observatory writes its headers: cards by what a frame is. */
export interface HeaderDialect {
  readonly name: string;
  /** Columns of overscan beside the imaging pixels. */
  readonly overscan: number;
  cards(frame: SyntheticFrame): readonly CardSpec[];
}

/** What a synthetic frame shows. */
export interface SyntheticFrame {
  readonly kind: "bias" | "dark" | "flat" | "science";
  readonly name: string;
  readonly exposureSec: number;
  /** Seconds since the night began. */
  readonly time: number;
  /** Shift of the sky against the first frame, pixels. */
  readonly shift: readonly [x: number, y: number];
  /** Transparency of the air. */
  readonly transparency: number;
  /** Every star appears again at this offset. */
  readonly jump?: readonly [x: number, y: number];
  readonly fwhm: number;
}

/** Side of the imaging area, pixels. */
export const SIDE = 280;
/** Arcsec per pixel. */
export const SCALE = 1.2;
const GAIN = 1.5;
const READ_NOISE = 6;
const BIAS = 900;
const STARS = 60;

/** A star: place in the first frame's pixels, and electrons per second. */
export interface SyntheticStar {
  readonly x: number;
  readonly y: number;
  readonly rate: number;
}

/** The night's stars, the same for all frames of a seed. */
export function syntheticStars(seed: string): SyntheticStar[] {
  const random = createRandom(`${seed}/stars`);
  return Array.from({ length: STARS }, () => ({
    x: -30 + (SIDE + 60) * random.uniform(),
    y: -30 + (SIDE + 60) * random.uniform(),
    rate: 40 * 10 ** (2.2 * random.uniform() ** 1.5),
  }));
}

/** Sensitivity of a pixel: vignetting and a speck of dust. */
function sensitivity(x: number, y: number): number {
  const r2 = ((x - SIDE / 2) ** 2 + (y - SIDE / 2) ** 2) / (SIDE / 2) ** 2;
  const dust = Math.hypot(x - 90, y - 160) < 9 ? 0.85 : 1;
  return (1 - 0.12 * r2) * dust;
}

function addStars(electrons: Float64Array, stars: readonly SyntheticStar[], frame: SyntheticFrame): void {
  const sigma = frame.fwhm / 2.3548;
  const reach = Math.ceil(5 * sigma);
  const jumps: ReadonlyArray<readonly [number, number, number]> =
    frame.jump === undefined
      ? [[0, 0, 1]]
      : [
          [0, 0, 0.6],
          [...frame.jump, 0.4],
        ];
  for (const star of stars) {
    for (const [jx, jy, share] of jumps) {
      const cx = star.x + frame.shift[0] + jx;
      const cy = star.y + frame.shift[1] + jy;
      const total = star.rate * frame.exposureSec * frame.transparency * share;
      const peak = total / (2 * Math.PI * sigma ** 2);
      for (
        let y = Math.max(0, Math.round(cy) - reach);
        y <= Math.min(SIDE - 1, Math.round(cy) + reach);
        y++
      ) {
        for (
          let x = Math.max(0, Math.round(cx) - reach);
          x <= Math.min(SIDE - 1, Math.round(cx) + reach);
          x++
        )
          electrons[y * SIDE + x]! += peak * Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * sigma ** 2));
      }
    }
  }
}

/** The frame's raw numbers, overscan at the right. */
function expose(
  frame: SyntheticFrame,
  stars: readonly SyntheticStar[],
  overscan: number,
  random: Random,
): Uint16Array<ArrayBuffer> {
  const light = new Float64Array(SIDE * SIDE);
  if (frame.kind === "science") addStars(light, stars, frame);
  const level = frame.kind === "flat" ? 20_000 : frame.kind === "science" ? 3 * frame.exposureSec : 0;
  const width = SIDE + overscan;
  const data = new Uint16Array(width * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < width; x++) {
      let electrons = 0;
      if (x < SIDE) {
        const lit = (light[y * SIDE + x]! + level) * sensitivity(x, y);
        const hot = x === 40 && y === 40 ? 100 : 0.4;
        electrons = random.poisson(lit + hot * frame.exposureSec);
      }
      const value = BIAS + (electrons + READ_NOISE * random.normal()) / GAIN;
      data[y * width + x] = Math.max(0, Math.min(65_535, Math.round(value)));
    }
  }
  return data;
}

const DEFAULTS = { shift: [0, 0], transparency: 1, fwhm: 3.2 } as const;

/** A small night: two frames of each calibration, and science frames with dithers; the last one jumped. */
export function nightOf(scienceFrames: readonly Partial<SyntheticFrame>[]): SyntheticFrame[] {
  const calibrations = (["bias", "dark", "flat"] as const).flatMap((kind, k) =>
    [0, 1].map((copy) => ({
      ...DEFAULTS,
      kind,
      name: `${kind}${copy}`,
      exposureSec: [0, 60, 2][k]!,
      time: 100 * (2 * k + copy),
    })),
  );
  const science = scienceFrames.map((changes, k) => ({
    ...DEFAULTS,
    kind: "science" as const,
    name: `field${k}`,
    exposureSec: 60,
    time: 1000 + 100 * k,
    ...changes,
  }));
  return [...calibrations, ...science];
}

/** Writes a night in a dialect; gives the files' paths in the order of the frames. */
export async function writeNight(
  folder: string,
  dialect: HeaderDialect,
  frames: readonly SyntheticFrame[],
  seed: string,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const stars = syntheticStars(seed);
  const paths: string[] = [];
  for (const frame of frames) {
    const random = createRandom(`${seed}/${dialect.name}/${frame.name}`);
    const data = expose(frame, stars, dialect.overscan, random);
    const path = join(folder, `${frame.name}.fits`);
    const shape = [SIDE + dialect.overscan, SIDE];
    await writeFits(path, [{ kind: "image", header: dialect.cards(frame), data, shape }]);
    paths.push(path);
  }
  return paths;
}

/** A moment of the night as FITS writes it. */
function dateOf({ time }: SyntheticFrame): string {
  return new Date(Date.UTC(2031, 4, 6, 2, 0, time)).toISOString().slice(0, 19);
}

/** Amateur software: no pointing, no overscan, types in words. */
export const PLAIN_DIALECT: HeaderDialect = {
  name: "plain",
  overscan: 0,
  cards: (frame) => [
    ["DATE-OBS", dateOf(frame)],
    ["EXPTIME", frame.exposureSec],
    [
      "IMAGETYP",
      { bias: "Bias Frame", dark: "Dark Frame", flat: "Flat Field", science: "Light Frame" }[frame.kind],
    ],
    ["FILTER", "Luminance"],
    ["EGAIN", GAIN],
    ["INSTRUME", "Backyard One"],
  ],
};

/** A professional mountain of the nineties: sections, sexagesimal coordinates, a plate scale. */
export const MOUNTAIN_DIALECT: HeaderDialect = {
  name: "mountain",
  overscan: 24,
  cards: (frame) => [
    ["UTC-DATE", dateOf(frame).slice(0, 10)],
    ["DATE-OBS", dateOf(frame)],
    ["EXPTIME", frame.exposureSec],
    ["OBSTYPE", { bias: "ZERO", dark: "DARK", flat: "DOME FLAT", science: "OBJECT" }[frame.kind]],
    ["FILTERS", "R"],
    ["GAIN", GAIN],
    ["RDNOISE", READ_NOISE],
    ["RA", "12:30:00.0"],
    ["DEC", "+10:00:00"],
    ["SECPIX", SCALE],
    ["BIASSEC", `[${SIDE + 1}:${SIDE + 24},1:${SIDE}]`],
    ["TRIMSEC", `[1:${SIDE},1:${SIDE}]`],
    ["TELESCOP", "Made-up 2m"],
    ["INSTRUME", "MUCAM"],
  ],
};

/** A large observatory: hierarchical keywords and a WCS. */
export const HIERARCH_DIALECT: HeaderDialect = {
  name: "hierarch",
  overscan: 0,
  cards: (frame) => [
    ["DATE-OBS", dateOf(frame)],
    ["EXPTIME", frame.exposureSec],
    ["ESO DPR TYPE", { bias: "BIAS", dark: "DARK", flat: "FLAT,SKY", science: "OBJECT" }[frame.kind]],
    ["ESO INS FILT1 NAME", "R"],
    ["ESO DET OUT1 CONAD", GAIN],
    ["ESO DET OUT1 RON", READ_NOISE],
    ["CTYPE1", "RA---TAN"],
    ["CTYPE2", "DEC--TAN"],
    ["CRVAL1", 187.5],
    ["CRVAL2", 10],
    ["CRPIX1", SIDE / 2 + frame.shift[0]],
    ["CRPIX2", SIDE / 2 + frame.shift[1]],
    ["CD1_1", -SCALE / 3600],
    ["CD1_2", 0],
    ["CD2_1", 0],
    ["CD2_2", SCALE / 3600],
    ["TELESCOP", "VLT-U9"],
    ["INSTRUME", "IMAGER9"],
  ],
};
