import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import type { Butler } from "@almagest/butler";
import { SURVEY_YAML } from "../fixtures/numeric-tasks.ts";
import { createSurvey } from "../fixtures/synthetic-repository.ts";
import { parsePipeline } from "../pipeline/load-pipeline.ts";
import { openGraphFile } from "../qg/open-graph-file.ts";
import { writeGraphFile } from "../qg/write-graph-file.ts";
import { runGraphFile } from "../run/run-graph-file.ts";
import { preparePipeline, runPipeline } from "../run/run-pipeline.ts";
import { reportRuns } from "./report-runs.ts";
import { traceProvenance } from "./trace-provenance.ts";

const SURVEY = { visits: 2, detectors: 3, bands: 2, tracts: 1, patches: 4, patchesPerDetector: 2 };
const runtimeModule = new URL("../fixtures/numeric-tasks.ts", import.meta.url);
const where = "instrument='SynCam' AND skymap='grid'";

async function open(t: TestContext): Promise<{ butler: Butler; root: string }> {
  const root = mkdtempSync(join(tmpdir(), "almagest-report-"));
  const butler = await createSurvey(join(root, "repo"), SURVEY);
  t.after(async () => {
    await butler.close();
    rmSync(root, { recursive: true });
  });
  return { butler, root };
}

/** The survey pipeline in which some data ids misbehave, such as `{failOn: exposure=2 detector=1}`. */
async function planOf(butler: Butler, config = "{}") {
  const yaml = SURVEY_YAML.replace("lsst.ip.isr.IsrTaskLSST", `{class: isr, config: ${config}}`);
  return {
    butler,
    pipeline: await parsePipeline(yaml),
    runtimeModule,
    where,
    inputs: ["defaults"],
    workers: 0,
  };
}

test("a report tells what succeeded, failed and was recovered over several runs, with the exceptions", async (t) => {
  const { butler } = await open(t);
  await runPipeline({ ...(await planOf(butler, "{failOn: exposure=2 detector=1}")), outputRun: "u/a/1" });
  const first = await reportRuns({ source: butler, collections: ["u/a/1"] });
  const isr = first.labels.find(({ label }) => label === "isr")!;
  assert.deepEqual([isr.expected, isr.succeeded, isr.failed, isr.recovered], [6, 5, 1, 0]);
  assert.equal(first.exceptions.length, 1);
  const { message, count, example, recovered } = first.exceptions[0]!;
  assert.deepEqual([message, count, recovered], ["told to fail on exposure=2 detector=1", 1, 0]);
  assert.deepEqual(example, { instrument: "SynCam", detector: 1, exposure: 2 });

  const plan = { ...(await planOf(butler)), outputRun: "u/a/2", skipExistingIn: ["u/a/1"] };
  await runPipeline(plan);
  const both = await reportRuns({ source: butler, collections: ["u/a/2", "u/a/1"] });
  const again = both.labels.find(({ label }) => label === "isr")!;
  assert.deepEqual([again.expected, again.succeeded, again.failed, again.recovered], [6, 6, 0, 1]);
  assert.equal(both.exceptions[0]!.recovered, 1);
  assert.ok(both.labels.every(({ failed }) => failed === 0));
});

test("with the graph, a report tells what is blocked and what was never tried", async (t) => {
  const { butler, root } = await open(t);
  const plan = { ...(await planOf(butler, "{failOn: exposure=2 detector=1}")), outputRun: "out" };
  const path = join(root, "survey.qg");
  await writeGraphFile((await preparePipeline(plan)).quanta, { butler, path });
  await using graph = await openGraphFile(path);
  const untouched = await reportRuns({ source: butler, collections: [], graph });
  assert.deepEqual(
    untouched.labels.map(({ expected, pending }) => expected - pending),
    untouched.labels.map(() => 0),
  );
  const summary = await runGraphFile({ butler, path, runtimeModule, workers: 0 });
  const report = await reportRuns({ source: butler, collections: ["out"], graph });
  for (const { label, expected, succeeded, failed, blocked, pending } of report.labels) {
    const ran = summary.labels.find((each) => each.label === label)!;
    assert.deepEqual(
      [expected, succeeded, failed, blocked, pending],
      [ran.expected, ran.succeeded, ran.failed, ran.blocked, 0],
      label,
    );
  }
  assert.ok(report.labels.some(({ blocked }) => blocked > 0));
  // Run again, the failed quantum leaves its log anew, under the same id.
  await runGraphFile({ butler, path, runtimeModule, workers: 0 });
  assert.deepEqual(
    (await reportRuns({ source: butler, collections: ["out"], graph })).labels.map(({ failed }) => failed),
    report.labels.map(({ failed }) => failed),
  );
});

test("a dataset is followed back to its raws and forward to the catalogue", async (t) => {
  const { butler } = await open(t);
  await runPipeline({ ...(await planOf(butler)), outputRun: "out" });
  const [object] = await butler.queryDatasets("object", { collections: "out" });
  const back = await traceProvenance(butler, object!.id, "back");
  const typesOf = (list: readonly { readonly datasetType: string }[]): string[] =>
    [...new Set(list.map(({ datasetType }) => datasetType))].sort();
  assert.deepEqual(typesOf(back.ends), ["bias", "raw", "refcat", "skyMap"]);
  assert.equal(back.ends.filter(({ datasetType }) => datasetType === "raw").length, 6);
  const summary = await reportRuns({ source: butler, collections: ["out"] });
  assert.equal(
    back.quanta.length,
    summary.labels.reduce((sum, { expected }) => sum + expected, 0),
  );
  assert.deepEqual(
    back.configs.map(({ label }) => label).sort(),
    summary.labels.map(({ label }) => label).sort(),
  );
  assert.match(back.packages.out!.almagest!, /^\d/);

  const raw = back.ends.find(({ datasetType }) => datasetType === "raw")!;
  const forward = await traceProvenance(butler, raw.id, "forward");
  assert.ok(forward.datasets.some(({ id }) => id === object!.id));
  const images = forward.datasets.filter(({ datasetType }) => datasetType === "post_isr_image");
  assert.equal(images.length, 1);
  assert.deepEqual(images[0]!.dataId, raw.dataId);

  const [metadata] = await butler.queryDatasets("isr_metadata", { collections: "out" });
  const own = await traceProvenance(butler, metadata!.id, "back");
  assert.deepEqual(typesOf(own.datasets), ["bias", "raw"]);
  await assert.rejects(traceProvenance(butler, "00000000-0000-7000-8000-000000000000", "back"), (error) =>
    isAlmagestError(error, "PIPELINE.DATASET_UNKNOWN"),
  );
});
