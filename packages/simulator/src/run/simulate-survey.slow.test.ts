import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readDefects } from "@almagest/images";
import { detectInstrument, INSTRUMENTS } from "@almagest/instruments";
import { angularSeparationArcsec } from "@almagest/sphere";
import { getNumbers, readParquet } from "@almagest/tables";
import { readSurveyManifest, type SurveyManifest, simulateSurvey } from "./simulate-survey.ts";

const folder = await mkdtemp(join(tmpdir(), "survey-"));
after(() => rm(folder, { recursive: true }));

const SMALL = {
  seed: 5,
  camera: { columns: 2, rows: 1, width: 128, height: 96 },
  bands: ["g", "r"],
  visitsPerBand: 1,
  biases: 1,
  darks: 1,
  flats: 1,
  starsPerArcmin2: 60,
} as const;

const pathsOf = (manifest: SurveyManifest): string[] => [
  ...manifest.raws,
  ...manifest.truth,
  ...manifest.defects.map(({ path }) => path),
  ...manifest.refcat.map(({ path }) => path),
];

async function hashes(directory: string, manifest: SurveyManifest): Promise<Map<string, string>> {
  const entries: [string, string][] = [];
  for (const path of [...pathsOf(manifest), "survey.yaml"]) {
    entries.push([
      path,
      createHash("sha256")
        .update(await readFile(join(directory, path)))
        .digest("hex"),
    ]);
  }
  return new Map(entries);
}

const one = join(folder, "one");
const manifest = await simulateSurvey(one, SMALL);

test("a survey has raws of all exposures and detectors, truths, defects and a reference catalogue", async () => {
  // One bias, one dark, two flats, two visits, on two detectors.
  assert.equal(manifest.raws.length, 12);
  assert.deepEqual(await readSurveyManifest(one), manifest);
  const instrument = await detectInstrument(manifest.raws.map((path) => join(one, path)));
  assert.equal(instrument.name, "SimCam");
  assert.ok(INSTRUMENTS.has(instrument.name));
  const raw = await instrument.readRaw(join(one, manifest.raws.at(-1)!));
  assert.equal(raw.detector.id, 1);
  assert.ok((await readDefects(join(one, manifest.defects[0]!.path))).length > 0);
});

test("two workers make the same bytes as one thread", async () => {
  const two = join(folder, "two");
  const other = await simulateSurvey(two, SMALL, { workers: 2 });
  assert.deepEqual(other, manifest);
  assert.deepEqual(await hashes(two, other), await hashes(one, manifest));
});

test("a repeated call does nothing, and a missing file is made again as it was", async () => {
  const before = await hashes(one, manifest);
  const kept = join(one, manifest.raws[0]!);
  const { mtimeMs } = await stat(kept);
  const progress: number[] = [];
  const onProgress = (done: number): void => {
    progress.push(done);
  };
  await simulateSurvey(one, SMALL, { onProgress });
  assert.deepEqual(progress, []);
  await rm(join(one, manifest.raws[5]!));
  await simulateSurvey(one, SMALL, { onProgress });
  const total = pathsOf(manifest).length;
  assert.deepEqual(progress, [total - 1, total]);
  assert.deepEqual(await hashes(one, manifest), before);
  assert.equal((await stat(kept)).mtimeMs, mtimeMs);
});

test("another survey's folder is refused", async () => {
  await assert.rejects(simulateSurvey(one, { ...SMALL, seed: 6 }), { code: "SIMULATOR.OTHER_SURVEY" });
});

test("an option out of range is refused by name", async () => {
  await assert.rejects(simulateSurvey(join(folder, "bad"), { ...SMALL, darkSec: -1 }), {
    code: "SIMULATOR.OPTIONS_INVALID",
    message: /darkSec/,
  });
});

test("the reference catalogue is off the truth by its errors", async () => {
  const truth = await readParquet(join(one, "truth/truth_objects.parquet"));
  const ids = getNumbers(truth, "id");
  const place = new Map(Array.from(ids, (id, row) => [Number(id), row]));
  const pulls: number[] = [];
  for (const { path } of manifest.refcat) {
    const shard = await readParquet(join(one, path));
    for (let row = 0; row < shard.rows; row++) {
      const at = place.get(Number(getNumbers(shard, "id")[row]))!;
      const off = angularSeparationArcsec(
        getNumbers(shard, "coord_ra")[row]!,
        getNumbers(shard, "coord_dec")[row]!,
        getNumbers(truth, "ra")[at]!,
        getNumbers(truth, "dec")[at]!,
      );
      const error = getNumbers(shard, "coord_raErr")[row]! * 3600;
      assert.ok(error >= 0.005 && off < 5 * error, `${off} for ${error}`);
      pulls.push(
        (getNumbers(shard, "r_flux")[row]! - getNumbers(truth, "r_flux")[at]!) /
          getNumbers(shard, "r_fluxErr")[row]!,
      );
    }
  }
  assert.ok(pulls.length > 20);
  const rms = Math.sqrt(pulls.reduce((sum, pull) => sum + pull * pull, 0) / pulls.length);
  assert.ok(rms > 0.75 && rms < 1.25, `${rms}`);
});
