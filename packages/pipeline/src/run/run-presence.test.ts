import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { SURVEY_YAML } from "../fixtures/numeric-tasks.ts";
import { createSurvey } from "../fixtures/synthetic-repository.ts";
import { parsePipeline } from "../pipeline/load-pipeline.ts";
import { processMark, processPlace } from "./process-mark.ts";
import { runPipeline } from "./run-pipeline.ts";

const SURVEY = { visits: 1, detectors: 1, bands: 1, tracts: 1, patches: 1, patchesPerDetector: 1 };

/** Files as a process leaves them that was killed in the run `out`. */
function leaveBehind(root: string, pid: number): string[] {
  const mark = processMark(pid);
  const paths = ["quanta", "stars"].map((name) => join(root, "out", name));
  for (const path of paths) mkdirSync(path, { recursive: true });
  const [archives, stars] = paths as [string, string];
  writeFileSync(join(archives, `.run.${mark}000000.part`), JSON.stringify({ place: processPlace(), pid }));
  const left = [join(archives, `lost.${mark}.zip`), join(stars, `.x.json.${mark}010001.part`)];
  for (const path of left) writeFileSync(path, "half");
  return left;
}

async function run(t: TestContext, pid: number): Promise<{ left: string[]; orphaned: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-presence-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const root = join(folder, "repo");
  await using butler = await createSurvey(root, SURVEY);
  const left = leaveBehind(root, pid);
  const summary = await runPipeline({
    butler,
    pipeline: await parsePipeline(SURVEY_YAML),
    runtimeModule: await import("../fixtures/numeric-tasks.ts"),
    where: "instrument='SynCam' AND skymap='grid'",
    inputs: ["defaults"],
    outputRun: "out",
    workers: 0,
  });
  assert.equal(summary.status, "succeeded");
  const { orphaned, halfWritten } = await butler.check({ graceMs: 0 });
  return { left, orphaned: [...orphaned, ...halfWritten] };
}

test("what a killed process left in a run is gone after the next one", async (t) => {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  const { left, orphaned } = await run(t, pid);
  assert.deepEqual(left.filter(existsSync), []);
  assert.deepEqual(orphaned, []);
});

test("what a living process writes in the same run stays", async (t) => {
  const other = spawn("sleep", ["60"]);
  t.after(() => other.kill());
  const { left } = await run(t, other.pid!);
  assert.deepEqual(left.filter(existsSync), left);
});
