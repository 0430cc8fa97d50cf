import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { getNumbers, readParquet } from "@almagest/tables";
import type { ProcessOutcome } from "./process-outcome.ts";

const data = join(import.meta.dirname, "../../../../../shared/data");
const launcher = join(import.meta.dirname, "../../bin/almagest.js");
const folder = await mkdtemp(join(tmpdir(), "real-frames-"));
after(() => rm(folder, { recursive: true, force: true }));

const lacks = (name: string): string | undefined =>
  existsSync(join(data, name)) ? undefined : `needs shared/data/${name}: real frames`;

/** Runs the command itself on a folder of the shared data. */
function processFolder(name: string, ...options: string[]): ProcessOutcome {
  const words = [launcher, "process", join(data, name), "--output", join(folder, name), "--json", ...options];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as ProcessOutcome;
}

const outcomeOf = ({ files }: ProcessOutcome, name: string) => files.find(({ file }) => file.endsWith(name));

test("two epochs of a survey field: solved, stacked, and repeated to the promised precision", (t) => {
  if (lacks("sdss_s82_pair")) return t.skip(lacks("sdss_s82_pair"));
  const stars = join(data, "sdss_s82_pair/stars.fits.gz");
  const outcome = processFolder("sdss_s82_pair", "--reference", stars);
  const reduced = outcome.files.filter(({ kind }) => kind === "reduced");
  assert.equal(reduced.length, 4);
  for (const frame of reduced) {
    assert.equal(`${frame.outcome} ${frame.positions} ${frame.scale}`, "used reference reference");
    assert.ok(frame.astrometryScatterMas! < 30, JSON.stringify(frame));
  }
  assert.equal(outcome.comparisons.length, 2);
  for (const row of outcome.comparisons)
    assert.ok(Number(row["repeatability mmag"]) <= 11, JSON.stringify(row));
  assert.ok(outcome.objects > 900, String(outcome.objects));
});

test("an amateur's raw night: calibrated, the jumped frame rejected, gain and read noise as photon transfer tells", (t) => {
  if (lacks("raw_umd_1998UB17")) return t.skip(lacks("raw_umd_1998UB17"));
  const outcome = processFolder("raw_umd_1998UB17");
  assert.equal(outcomeOf(outcome, "UB17-001-c.fit.gz")!.outcome, "used");
  assert.match(outcomeOf(outcome, "UB17-033-c.fit.gz")!.reason!, /^trailed/);
  assert.ok(Math.abs(outcome.electronics[0]!.gain! - 2.65) < 0.15);
  assert.ok(Math.abs(outcome.electronics[0]!.readNoiseElectrons! / 2.6 - 6.3) < 0.2);
  assert.ok(outcome.objects > 150);
});

test("ten epochs without a catalogue are tied to each other and stacked", async (t) => {
  if (lacks("decam_sn_10epochs")) return t.skip(lacks("decam_sn_10epochs"));
  const outcome = processFolder("decam_sn_10epochs");
  assert.equal(outcome.files.filter((row) => row.outcome === "used").length, 10);
  assert.ok(outcome.comparisons.length >= 9);
  const catalogue = await readParquet(outcome.catalogue);
  assert.ok(getNumbers(catalogue, "coord_ra").every(Number.isFinite));
  assert.ok(catalogue.rows >= 25);
});

for (const name of ["raw_lco_sinistro", "cosmic_rays_gmos", "sep_emmi", "decam_cp_multiepoch"]) {
  test(`${name}: something useful comes out, and what could not be told is said`, (t) => {
    if (lacks(name)) return t.skip(lacks(name));
    const outcome = processFolder(name);
    assert.ok(outcome.files.some((row) => row.outcome === "used"));
    assert.ok(outcome.notes.length > 0);
    assert.ok(outcome.objects > 0);
    assert.ok(readdirSync(join(outcome.output, "images")).some((file) => file.endsWith("-calibrated.fits")));
    assert.match(readFileSync(outcome.report, "utf8"), /<html/);
  });
}
