// Real frames through `almagest process`, judged by standard stars, by themselves at another epoch, and by the LSST stack.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createSilentTerminal } from "../../packages/almagest/src/cli/silent-terminal.ts";
import { medianOf, scatterOf } from "../../packages/almagest/src/judge/robust.ts";
import type { ProcessOutcome } from "../../packages/almagest/src/process/process-outcome.ts";
import { readCatalogueFile } from "../../packages/almagest/src/process/read-catalogue-file.ts";
import { runProcess } from "../../packages/almagest/src/process/run-process.ts";
import { createSkyIndex, wrapDifferenceDegrees } from "../../packages/sphere/src/index.ts";
import { getColumn, getNumbers, readParquet, type Table } from "../../packages/tables/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";

const data = join(import.meta.dirname, "../../../shared/data");
const field = join(data, "sdss_s82_pair");
const night = join(data, "raw_umd_1998UB17");
const temporary: string[] = [];
process.once("exit", () => {
  for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
});

async function run(files: string, reference: readonly string[]): Promise<ProcessOutcome> {
  if (!existsSync(files)) throw new Error(`needs ${files}`);
  const output = await mkdtemp(join(tmpdir(), "real-frames-"));
  temporary.push(output);
  return runProcess(createSilentTerminal(), { output, files: [files], reference, workers: 2 });
}

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
};
const processField = once(() => run(field, [join(field, "stars.fits.gz")]));
const processNight = once(() => run(night, []));
const readSources = once(async () => readParquet(join((await processField()).output, "sources.parquet")));
const standards = once(() => readCatalogueFile(join(field, "stars.fits.gz")));

/** Rows of one frame's clean point sources of a S/N or more. */
function starsOf(table: Table, file: string, snr: number): number[] {
  const files = getColumn(table, "file").data as string[];
  const [flux, error, extended] = ["psfFlux", "psfFluxErr", "extendedness"].map((name) =>
    getNumbers(table, name),
  );
  const flags = ["pixelFlags_saturated", "pixelFlags_edge", "centroid_flag"].map((name) =>
    getNumbers(table, name),
  );
  return Array.from({ length: table.rows }, (_, k) => k).filter(
    (k) =>
      files[k] === file &&
      flux![k]! > snr * error![k]! &&
      extended![k] === 0 &&
      flags.every((flag) => flag[k] === 0),
  );
}

/** Scatter of bright stars about the standards in one frame: position per coordinate (mas) and magnitude. */
async function compareStandards(file: string, band: string) {
  const [table, catalogue] = [await readSources(), await standards()];
  const [ra, dec, mag] = ["coord_ra", "coord_dec", "mag"].map((name) => getNumbers(table, name));
  const [refRa, refDec, refMag] = ["ra", "dec", band].map((name) => getNumbers(catalogue, name));
  const index = createSkyIndex(refRa!, refDec!);
  const [east, north, difference]: number[][] = [[], [], []];
  for (const k of starsOf(table, file, 100)) {
    const found = index.nearest(ra![k]!, dec![k]!, 0.7);
    if (found === undefined) continue;
    east!.push(
      wrapDifferenceDegrees(ra![k]! - refRa![found.index]!) * Math.cos((dec![k]! * Math.PI) / 180) * 3.6e6,
    );
    north!.push((dec![k]! - refDec![found.index]!) * 3.6e6);
    difference!.push(mag![k]! - refMag![found.index]!);
  }
  return {
    stars: east!.length,
    mas: Math.hypot(scatterOf(east!), scatterOf(north!)) / Math.SQRT2,
    mmag: 1000 * scatterOf(difference!),
  };
}

const FRAMES = [
  ["fpC-004192-g4-0300.fit.gz", "g"],
  ["fpC-004192-i4-0300.fit.gz", "i"],
  ["fpC-006377-g4-0399.fit.gz", "g"],
  ["fpC-006377-i4-0399.fit.gz", "i"],
] as const;

interface LsstSource {
  readonly x: number;
  readonly y: number;
  readonly ra: number;
  readonly dec: number;
  readonly flux: number;
  readonly error: number;
}

/** What the LSST stack measured on these frames: 6-pixel apertures of unflagged sources. */
function readLsst(): LsstSource[] {
  const text = gunzipSync(readFileSync(join(field, "detected-sources-gi.txt.gz"))).toString();
  const [head = "", ...lines] = text.trim().split("\n");
  const names = head.slice(1).split(" ");
  const at = (name: string): number => names.indexOf(name);
  return lines.flatMap((line) => {
    const cells = line.split(" ");
    const value = (name: string): number => Number(cells[at(name)]);
    const isClean =
      ["edge", "saturated", "interpolated"].every(
        (flag) => cells[at(`base_PixelFlags_flag_${flag}`)] === "False",
      ) && cells[at("base_SdssCentroid_flag")] === "False";
    const source = {
      x: value("base_SdssCentroid_x"),
      y: value("base_SdssCentroid_y"),
      ra: value("coord_ra"),
      dec: value("coord_dec"),
      flux: value("base_CircularApertureFlux_6_0_instFlux"),
      error: value("base_CircularApertureFlux_6_0_instFluxErr"),
    };
    return isClean && source.flux > 100 * source.error ? [source] : [];
  });
}

/** Relative scatter of 6-pixel aperture fluxes against the LSST stack's, per frame, and how many sources. */
async function compareApertures(): Promise<{ scatter: number; sources: number }> {
  const table = await readSources();
  const [x, y, ra, dec, flux] = ["x", "y", "coord_ra", "coord_dec", "ap06Flux"].map((name) =>
    getNumbers(table, name),
  );
  const theirs = readLsst();
  const scatters: number[] = [];
  let sources = 0;
  for (const [file] of FRAMES) {
    const ratios: number[] = [];
    for (const k of starsOf(table, file, 100)) {
      const same = theirs.find(
        (other) =>
          Math.hypot(other.x - x![k]!, other.y - y![k]!) < 0.3 &&
          Math.hypot(other.ra - ra![k]!, other.dec - dec![k]!) < 1 / 3600,
      );
      if (same !== undefined) ratios.push(Math.log(flux![k]! / same.flux));
    }
    // Sources of another frame at the same pixel have another scale; the fullest mode is this frame's.
    const middle = medianOf(ratios);
    const own = ratios.filter((ratio) => Math.abs(ratio - middle) < 0.1);
    if (own.length < 10) continue;
    sources += own.length;
    scatters.push(scatterOf(own));
  }
  return { scatter: Math.max(...scatters), sources };
}

export const bars: Bar[] = [
  {
    name: "SDSS Stripe 82, two epochs: repeatability of stars above S/N 100",
    goal: "≤ 11 mmag in g and i",
    async measure() {
      const { comparisons } = await processField();
      const worst = Math.max(...comparisons.map((row) => Number(row["repeatability mmag"])));
      const figure = comparisons
        .map((row) => `${row.band} ${row["repeatability mmag"]} mmag (${row["stars S/N>100"]} stars)`)
        .join(", ");
      return {
        figure,
        pass: comparisons.length === 2 && worst <= 11,
        note: "a plain aperture pipeline: 7 to 11",
      };
    },
  },
  {
    name: "SDSS Stripe 82: positions against standard stars, worst frame",
    goal: "≤ 25 mas per coordinate",
    async measure() {
      const all = await Promise.all(FRAMES.map(([file, band]) => compareStandards(file, band)));
      const worst = Math.max(...all.map(({ mas }) => mas));
      return {
        figure: all.map(({ mas, stars }) => `${mas.toFixed(1)} mas (${stars})`).join(", "),
        pass: worst <= 25,
        note: "a plain aperture pipeline: 14 to 25",
      };
    },
  },
  {
    name: "SDSS Stripe 82: magnitudes against standard stars, worst frame",
    goal: "≤ 25 mmag",
    async measure() {
      const all = await Promise.all(FRAMES.map(([file, band]) => compareStandards(file, band)));
      const worst = Math.max(...all.map(({ mmag }) => mmag));
      return { figure: all.map(({ mmag }) => `${mmag.toFixed(1)} mmag`).join(", "), pass: worst <= 25 };
    },
  },
  {
    name: "SDSS Stripe 82: 6-pixel aperture fluxes against the LSST stack's",
    goal: "≤ 1 % scatter above S/N 100",
    async measure() {
      const { scatter, sources } = await compareApertures();
      return {
        figure: `${(100 * scatter).toFixed(2)} % (${sources} sources)`,
        pass: scatter <= 0.01 && sources > 50,
      };
    },
  },
  {
    name: "Amateur night of 1998 UB17: the trailed frame is rejected, the good one used",
    goal: "UB17-033 rejected as trailed",
    async measure() {
      const { files } = await processNight();
      const find = (name: string) => files.find(({ file }) => file.endsWith(name));
      const [good, bad] = [find("UB17-001-c.fit.gz"), find("UB17-033-c.fit.gz")];
      const pass =
        good?.outcome === "used" && bad?.outcome === "rejected" && /^trailed/.test(bad.reason ?? "");
      return { figure: bad?.reason ?? `${bad?.outcome}`, pass };
    },
  },
  {
    name: "Amateur night of 1998 UB17: gain from the flat pair",
    goal: "2.65 ± 0.15 electrons per ADU",
    async measure() {
      const { electronics } = await processNight();
      const gain = electronics[0]?.gain ?? Number.NaN;
      return { figure: gain.toFixed(3), pass: Math.abs(gain - 2.65) <= 0.15 };
    },
  },
];
