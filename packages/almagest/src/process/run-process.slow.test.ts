import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createRandom, isAlmagestError } from "@almagest/base";
import { type HduSpec, openFits, writeFits } from "@almagest/fits";
import { createTable, getNumbers, readParquet, writeParquet } from "@almagest/tables";
import { createSilentTerminal } from "../cli/silent-terminal.ts";
import { medianOf } from "../judge/robust.ts";
import type { ProcessOutcome } from "./process-outcome.ts";
import { runProcess } from "./run-process.ts";
import {
  type HeaderDialect,
  HIERARCH_DIALECT,
  MOUNTAIN_DIALECT,
  nightOf,
  PLAIN_DIALECT,
  SCALE,
  SIDE,
  syntheticStars,
  writeNight,
} from "./synthetic-night.ts";

const folder = await mkdtemp(join(tmpdir(), "process-"));
after(() => rm(folder, { recursive: true }));

function run(
  name: string,
  files: readonly string[],
  reference: readonly string[] = [],
): Promise<ProcessOutcome> {
  return runProcess(createSilentTerminal(), { output: join(folder, name), files, reference, workers: 0 });
}

const outcomesOf = ({ files }: ProcessOutcome): string[] =>
  files.map(({ file, outcome }) => `${file.split("/").at(-1)} ${outcome}`);

test("frames without any position are aligned by their stars and stacked; a frame that jumped is rejected", async () => {
  const frames = nightOf([{}, { shift: [12.3, -7.8], transparency: 0.8 }, { jump: [41, 9] }]);
  await writeNight(join(folder, "plain"), PLAIN_DIALECT, frames, "a");
  const outcome = await run("plain-out", [join(folder, "plain")]);
  assert.deepEqual(
    outcomesOf(outcome).filter((row) => row.startsWith("field")),
    ["field0.fits used", "field1.fits used", "field2.fits rejected"],
  );
  assert.match(outcome.files.find(({ outcome: word }) => word === "rejected")!.reason!, /^trailed/);
  assert.equal(outcome.files.filter((row) => row.outcome === "calibration").length, 6);
  const [gain] = outcome.electronics;
  assert.ok(Math.abs(gain!.gain! - 1.5) < 0.1, String(gain!.gain));
  const [comparison] = outcome.comparisons;
  // The air was a fifth less clear, which tying the flux scales takes out.
  assert.ok(Math.abs(Number(comparison!["offset mmag"])) < 10, JSON.stringify(comparison));
  assert.ok(outcome.images.some((path) => path.endsWith("stack-field0-white.fits")));
  assert.ok(outcome.notes.some((note) => note.includes("positions are in pixels only")));
  const table = await readParquet(outcome.catalogue);
  assert.ok(getNumbers(table, "coord_ra").every(Number.isNaN));
  assert.ok(table.rows > 25, String(table.rows));
  assert.ok(existsSync(outcome.report) && readFileSync(outcome.report, "utf8").includes("trailed"));
});

/** The stars of a night as a catalogue of 20 arcsec beside where the telescope says it points, among others around. */
async function writeCatalogue(seed: string, others: number) {
  const random = createRandom(`${seed}/others`);
  const around = Array.from({ length: others }, () => ({
    x: SIDE / 2 + 1500 * (random.uniform() - 0.5),
    y: SIDE / 2 + 1500 * (random.uniform() - 0.5),
    rate: 40 * 10 ** (2.2 * random.uniform() ** 1.5),
  })).filter(({ x, y }) => x < -30 || y < -30 || x > SIDE + 30 || y > SIDE + 30);
  const stars = [...syntheticStars(seed), ...around].map(({ x, y, rate }) => {
    const dec = 10 + ((y - SIDE / 2) * SCALE + 20) / 3600;
    const ra = 187.5 - ((x - SIDE / 2) * SCALE) / 3600 / Math.cos((dec * Math.PI) / 180);
    return { ra, dec, rate, magnitude: 24 - 2.5 * Math.log10(rate) };
  });
  const path = join(folder, `stars-${seed}.csv`);
  const lines = stars.map(
    (star) => `${star.ra.toFixed(7)},${star.dec.toFixed(7)},${star.magnitude.toFixed(4)},0.01`,
  );
  await writeFile(path, `ra,dec,r_mag,r_magerr\n${lines.join("\n")}\n`);
  return { path, stars };
}

/** Residuals of a catalogue's bright stars against the true ones: distances, mas, and magnitudes. */
async function compareWithTruth(
  outcome: ProcessOutcome,
  stars: Awaited<ReturnType<typeof writeCatalogue>>["stars"],
) {
  const table = await readParquet(outcome.catalogue);
  const [ra, dec, mag] = ["coord_ra", "coord_dec", "R_mag"].map((name) => getNumbers(table, name));
  const [distances, magnitudes]: [number[], number[]] = [[], []];
  for (const star of stars.filter(({ rate }) => rate > 400)) {
    for (let row = 0; row < table.rows; row++) {
      const north = (dec![row]! - star.dec) * 3.6e6;
      const east = (ra![row]! - star.ra) * Math.cos((star.dec * Math.PI) / 180) * 3.6e6;
      if (Math.hypot(north, east) > 1000) continue;
      distances.push(Math.hypot(north, east));
      magnitudes.push(mag![row]! - star.magnitude);
    }
  }
  assert.ok(distances.length > 8, String(distances.length));
  return { mas: medianOf(distances), mag: medianOf(magnitudes) };
}

const WITHOUT_SCALE: HeaderDialect = {
  ...MOUNTAIN_DIALECT,
  name: "scaleless",
  cards: (frame) =>
    MOUNTAIN_DIALECT.cards(frame).filter((card) => !Array.isArray(card) || card[0] !== "SECPIX"),
};

for (const [dialect, others] of [
  [MOUNTAIN_DIALECT, 0],
  [WITHOUT_SCALE, 800],
] as const) {
  test(`${dialect.name}: with a reference catalogue, positions and magnitudes are those of the catalogue`, async () => {
    const night = join(folder, dialect.name);
    await writeNight(night, dialect, nightOf([{}, { shift: [-9.5, 6.25] }]), "b");
    const { path, stars } = await writeCatalogue("b", others);
    const outcome = await run(`${dialect.name}-out`, [night], [path]);
    const science = outcome.files.filter(({ kind }) => kind === "science");
    assert.deepEqual(
      science.map(({ positions, scale }) => `${positions} ${scale}`),
      ["reference reference", "reference reference"],
    );
    const { mas, mag } = await compareWithTruth(outcome, stars);
    assert.ok(mas < 60, `${mas} mas`);
    assert.ok(Math.abs(mag) < 0.02, `${mag} mag`);
  });
}

test("a damaged file is named and the rest goes on; a second call with more frames does only what is missing", async () => {
  const frames = nightOf([{}, { shift: [5, 5] }]);
  const night = join(folder, "hierarch");
  const paths = await writeNight(night, HIERARCH_DIALECT, frames, "c");
  const damaged = join(night, "bias9.fits");
  await copyFile(paths[0]!, damaged);
  await truncate(damaged, 20_000);
  await writeFile(join(night, "notes.fits"), "clouds after midnight\n");
  const later = paths.at(-1)!;
  const early = [...paths.slice(0, -1), damaged, join(night, "notes.fits"), join(night, "absent.fits")];
  const first = await run("hierarch-out", early);
  assert.deepEqual(
    first.files.filter(({ outcome }) => outcome === "left out").map(({ file }) => file.split("/").at(-1)),
    ["bias9.fits", "notes.fits", "absent.fits"],
  );
  assert.equal(first.files.find(({ file }) => file.endsWith("field0.fits"))!.positions, "header");
  assert.equal(first.comparisons.length, 0);
  const second = await run("hierarch-out", [...early, later]);
  const exposureOf = (outcome: ProcessOutcome, name: string): unknown =>
    outcome.files.find(({ file }) => file.endsWith(name))!.exposure;
  assert.equal(exposureOf(second, "field0.fits"), exposureOf(first, "field0.fits"));
  assert.equal(second.comparisons.length, 1);
  const third = await run("hierarch-out", [...early, later]);
  assert.equal(readFileSync(third.catalogue).compare(readFileSync(second.catalogue)), 0);
});

test("a file of two detectors gives two images, each with its own calibrations", async () => {
  const frames = nightOf([{}]);
  const halves = [join(folder, "half0"), join(folder, "half1")];
  const parts = [
    await writeNight(halves[0]!, PLAIN_DIALECT, frames, "d0"),
    await writeNight(halves[1]!, PLAIN_DIALECT, frames, "d1"),
  ];
  const mosaic = join(folder, "mosaic");
  await mkdir(mosaic);
  for (const [k, frame] of frames.entries()) {
    const hdus: HduSpec[] = [{ kind: "image", header: PLAIN_DIALECT.cards(frame) }];
    for (const [detector, paths] of parts.entries()) {
      await using half = await openFits(paths[k]!);
      const { data, shape } = await half.hdu(0).readImage();
      hdus.push({ kind: "image", header: [["CCDNAME", `chip${detector}`]], data, shape });
    }
    await writeFits(join(mosaic, `${frame.name}.fits`), hdus);
  }
  const outcome = await run("mosaic-out", [mosaic]);
  const science = outcome.files.filter(({ kind }) => kind === "science");
  assert.deepEqual(
    science.map(({ detector, outcome: word }) => `${detector} ${word}`),
    ["chip0 used", "chip1 used"],
  );
  const sources = await readParquet(join(outcome.output, "sources.parquet"));
  const x = getNumbers(sources, "x");
  const count = science[0]!.sources!;
  assert.notDeepEqual([...x.subarray(0, 5)], [...x.subarray(count, count + 5)]);
  assert.equal(science[0]!.exposure, science[1]!.exposure);
  assert.equal(outcome.electronics.length, 2);
});

test("without a picture of the sky it says why, file by file", async () => {
  const table = join(folder, "table.parquet");
  await writeParquet(table, createTable({ a: Float64Array.of(1) }));
  await assert.rejects(run("nothing", [table, join(folder, "nowhere")]), (error: unknown) => {
    assert.ok(isAlmagestError(error));
    assert.equal(error.code, "ALMAGEST.NO_FILES");
    assert.match(error.message, /table\.parquet.*nowhere/);
    return true;
  });
});
