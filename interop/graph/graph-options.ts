import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePipeline, runPipeline } from "@almagest/pipeline";
import { SURVEY_YAML } from "../../packages/pipeline/src/fixtures/numeric-tasks.ts";
import { createSurvey } from "../../packages/pipeline/src/fixtures/synthetic-repository.ts";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";
import { describeTasks } from "./describe-tasks.ts";

const SURVEY = { visits: 8, detectors: 4, bands: 3, tracts: 2, patches: 5, patchesPerDetector: 2 };
const ALL = "instrument='SynCam' AND skymap='grid'";

/** One way to ask for a graph; the two languages name options alike, but for what `theirs` says. */
interface Case {
  readonly name: string;
  readonly where?: string;
  readonly yaml?: string;
  readonly ours?: object;
  readonly theirs?: object;
}

const EVEN_YAML = SURVEY_YAML.replace(
  "assembleDeepCoadd: assembleDeepCoadd",
  "assembleDeepCoadd: {class: assembleDeepCoadd, config: {evenOnly: true}}",
);

const CASES: readonly Case[] = [
  { name: "everything" },
  { name: "some visits", where: `${ALL} AND visit IN (2..4)` },
  { name: "one tract and patch", where: `${ALL} AND tract=1 AND patch=2` },
  { name: "a band and detectors", where: `${ALL} AND band='r' AND detector > 2` },
  { name: "a rule that leaves out inputs and quanta", yaml: EVEN_YAML },
  {
    name: "what is done elsewhere is skipped",
    ours: { skipExisting: true, skipExistingIn: ["done"] },
    theirs: { skipExistingIn: ["done"] },
  },
  {
    name: "what is done in the run is skipped, what failed there is replaced",
    ours: { run: "done", skipExisting: true },
    theirs: { run: "done", skipExistingIn: ["done"], clobber: true },
  },
  {
    name: "everything again, replacing",
    ours: { run: "done", skipExisting: false, clobber: true },
    theirs: { run: "done", clobber: true },
  },
  {
    name: "no constraint by datasets",
    ours: { datasetQueryConstraint: "off" },
    theirs: { constraint: "off" },
  },
  {
    name: "constrained by one type",
    ours: { datasetQueryConstraint: ["raw"] },
    theirs: { constraint: "raw" },
  },
  { name: "nothing", where: `${ALL} AND visit=99` },
];

interface Built {
  readonly quanta: readonly unknown[];
  readonly seen: readonly string[];
}

function build(program: string, args: readonly string[]): Built {
  const done = spawnSync(program, args, { encoding: "utf8", maxBuffer: 2 ** 30 });
  if (done.status !== 0) throw new Error(`${args[0]} failed: ${done.stderr.trim().slice(-1500)}`);
  return JSON.parse(done.stdout) as Built;
}

/** A repository in which isr and calibration of half the visits are done, one of them failed, and one raw is missing. */
async function prepare(root: string): Promise<void> {
  await using butler = await createSurvey(root, SURVEY);
  const failing = SURVEY_YAML.replace(
    "calibrateImage: lsst.pipe.tasks.calibrateImage.CalibrateImageTask",
    "calibrateImage: {class: lsst.pipe.tasks.calibrateImage.CalibrateImageTask, config: {failOn: visit=3}}",
  );
  await runPipeline({
    butler,
    pipeline: await parsePipeline(failing),
    runtimeModule: new URL("../../packages/pipeline/src/fixtures/numeric-tasks.ts", import.meta.url),
    where: `${ALL} AND visit IN (1..4)`,
    inputs: ["defaults"],
    outputRun: "done",
    workers: 1,
  });
  const raws = await butler.queryDatasets("raw", { collections: "raw" });
  const lost = raws.filter(({ dataId }) => dataId.exposure === 7 && dataId.detector === 2);
  await butler.prune(lost, { purge: true });
}

async function compareAll(): Promise<{ figure: string; pass: boolean; note: string }> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-options-"));
  try {
    const root = join(folder, "repo");
    await prepare(root);
    const python = findPython(["lsst.pipe.base", "lsst.daf.butler"], true);
    const script = (name: string): string => new URL(`./${name}`, import.meta.url).pathname;
    const wrong: string[] = [];
    for (const [i, { name, where = ALL, yaml = SURVEY_YAML, ours, theirs }] of CASES.entries()) {
      const file = join(folder, `${i}.yaml`);
      const described = join(folder, `${i}.json`);
      writeFileSync(file, yaml);
      writeFileSync(described, await describeTasks(yaml));
      const options = (own: object = {}): string => JSON.stringify({ show: true, ...own });
      const mine = build(process.execPath, [script("build-ours.ts"), root, file, where, options(ours)]);
      const other = build(python, [script("build-original.py"), root, described, where, options(theirs)]);
      const surplus = mine.seen.filter((line) => !other.seen.includes(line));
      const missing = other.seen.filter((line) => !mine.seen.includes(line));
      if (surplus.length + missing.length > 0 || String(mine.quanta) !== String(other.quanta)) {
        wrong.push(
          `${name}: ${mine.quanta} against ${other.quanta}, ${surplus.length} edges too many (${surplus[0] ?? ""}), ${missing.length} missing (${missing[0] ?? ""})`,
        );
      }
    }
    return {
      figure: `${CASES.length - wrong.length} of ${CASES.length}`,
      pass: wrong.length === 0,
      note: wrong.length > 0 ? wrong.join("; ") : CASES.map(({ name }) => name).join("; "),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every option of graph building through both builders, quantum by quantum and edge by edge. */
export const bars: Bar[] = [
  {
    name: "options of graph building",
    goal: "the quanta and edges of lsst.pipe.base in every case",
    measure: compareAll,
  },
];
