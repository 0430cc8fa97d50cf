import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import type { Butler } from "@almagest/butler";
import { SURVEY_YAML } from "../fixtures/numeric-tasks.ts";
import { createSurvey } from "../fixtures/synthetic-repository.ts";
import type { SyntheticSurvey } from "../fixtures/synthetic-source.ts";
import { parsePipeline } from "../pipeline/load-pipeline.ts";
import type { ButlerLogRecords } from "./log-records.ts";
import type { ProgressEvent, RunPipelineOptions, RunSummary } from "./run-options.ts";
import { runPipeline, runPrepared } from "./run-pipeline.ts";
import type { TaskMetadata } from "./task-metadata.ts";

const SURVEY: SyntheticSurvey = {
  visits: 4,
  detectors: 3,
  bands: 2,
  tracts: 1,
  patches: 4,
  patchesPerDetector: 2,
};
const runtimeModule = new URL("../fixtures/numeric-tasks.ts", import.meta.url);

async function open(t: TestContext, survey = SURVEY): Promise<Butler> {
  const root = mkdtempSync(join(tmpdir(), "almagest-run-"));
  const butler = await createSurvey(join(root, "repo"), survey);
  t.after(async () => {
    await butler.close();
    rmSync(root, { recursive: true });
  });
  return butler;
}

/** The survey pipeline with settings for some tasks, such as `{isr: "failOn: exposure=2"}`. */
function withConfig(config: Readonly<Record<string, string>>): string {
  return SURVEY_YAML.replace(/^ {2}(\w+): (\S+)$/gm, (line, label: string, name: string) =>
    config[label] === undefined ? line : `  ${label}: {class: ${name}, config: {${config[label]}}}`,
  );
}

async function run(
  butler: Butler,
  config: Readonly<Record<string, string>> = {},
  options: Partial<RunPipelineOptions> = {},
): Promise<RunSummary> {
  const pipeline = await parsePipeline(withConfig(config));
  return runPipeline({
    butler,
    pipeline,
    runtimeModule,
    where: "instrument='SynCam' AND skymap='grid'",
    inputs: ["defaults"],
    outputRun: "out",
    workers: 0,
    ...options,
  });
}

const column = (summary: RunSummary, key: "succeeded" | "failed" | "blocked" | "skipped" | "pending") =>
  Object.fromEntries(summary.labels.map((each) => [each.label, each[key]]));
const readValue = async (
  butler: Butler,
  type: string,
  dataId: Record<string, string | number>,
  collections = "out",
) => ((await butler.get(type, dataId, { collections })) as { value: number }).value;

test("a survey runs from raws to the object table, with metadata, logs, configs and versions", async (t) => {
  const butler = await open(t);
  const events: ProgressEvent[] = [];
  const summary = await run(butler, {}, { onProgress: (event) => events.push(event) });
  assert.deepEqual(summary.failures, []);
  assert.equal(summary.status, "succeeded");
  assert.deepEqual(column(summary, "succeeded"), {
    isr: 12,
    calibrateImage: 12,
    consolidateVisitSummary: 4,
    makeDirectWarp: 16,
    assembleDeepCoadd: 8,
    measureObjects: 4,
    objectTable: 1,
  });
  const detector = { instrument: "SynCam", exposure: 3, detector: 2 };
  assert.equal(await readValue(butler, "post_isr_image", detector), 2 * (302 - 2));
  const metadata = (await butler.get("isr_metadata", detector, { collections: "out" })) as TaskMetadata;
  assert.equal(metadata.metadata.isr!.scalars.gain, 2);
  assert.ok((metadata.metadata.quantum!.scalars.elapsedSec as number) >= 0);
  const log = (await butler.get("isr_log", detector, { collections: "out" })) as ButlerLogRecords;
  assert.equal(log.records[0]!.message, "reduced (gain=2)");
  assert.equal(log.records[0]!.MDC.LABEL, 'isr:{instrument: "SynCam", detector: 2, exposure: 3}');
  const config = (await butler.get("isr_config", {}, { collections: "out" })) as {
    values: Record<string, unknown>;
  };
  assert.equal(config.values.gain, 2);
  assert.ok((await butler.get("packages", {}, { collections: "out" })) as object);
  assert.equal(events[0]!.kind, "graphBuilt");
  assert.equal(events.filter(({ kind }) => kind === "finished").length, 57);
  assert.equal(events.at(-1)!.kind, "ended");
});

test("one quantum after the other and two workers give the same bytes; a second run does nothing", async (t) => {
  const butler = await open(t);
  const contents: string[] = [];
  for (const [name, workers] of [
    ["inline", 0],
    ["two", 2],
  ] as const) {
    const summary = await run(butler, {}, { outputRun: name, workers });
    assert.deepEqual(summary.failures, []);
    const text: string[] = [];
    for (const type of ["post_isr_image", "stars", "direct_warp", "deep_coadd", "object"]) {
      const refs = (await butler.queryDatasets(type, { collections: name })).sort((a, b) =>
        JSON.stringify(a.dataId) < JSON.stringify(b.dataId) ? -1 : 1,
      );
      for (const ref of refs)
        text.push(`${JSON.stringify(ref.dataId)} ${JSON.stringify(await butler.get(ref))}`);
    }
    contents.push(text.join("\n"));
  }
  assert.equal(contents[0], contents[1]);
  const again = await run(butler, {}, { outputRun: "two", workers: 2 });
  assert.equal(again.status, "succeeded");
  assert.equal(again.workers, 0, "no worker is started for nothing");
  assert.equal(again.labels[0]!.skipped, 12);
});

test("a failure blocks only what depends on it, is logged, and is repaired by a later run", async (t) => {
  const butler = await open(t);
  const broken = { isr: 'failOn: "exposure=2 detector=1"' };
  const summary = await run(butler, broken);
  assert.equal(summary.status, "failed");
  assert.equal(summary.failures.length, 1);
  assert.deepEqual(summary.failures[0]!.dataId, { instrument: "SynCam", detector: 1, exposure: 2 });
  assert.match(summary.failures[0]!.message, /told to fail/);
  assert.deepEqual([column(summary, "failed").isr, column(summary, "blocked").calibrateImage], [1, 1]);
  assert.equal(column(summary, "blocked").objectTable, 1);
  assert.equal(column(summary, "succeeded").consolidateVisitSummary, 3);
  const detector = { instrument: "SynCam", exposure: 2, detector: 1 };
  const log = (await butler.get("isr_log", detector, { collections: "out" })) as ButlerLogRecords;
  assert.match(log.records.at(-1)!.exc_info!, /told to fail/);
  await assert.rejects(run(butler), (error) => isAlmagestError(error, "PIPELINE.CONFIG_CHANGED"));
  const retried = await run(butler, broken);
  assert.equal(column(retried, "skipped").isr, 11, "only the failed one is tried again");
  assert.equal(retried.status, "failed");
});

test("nothing to do is a success with caveats, and what is left goes on", async (t) => {
  const butler = await open(t);
  const summary = await run(butler, { calibrateImage: 'noWorkOn: "visit=1 detector=1"' });
  assert.equal(summary.status, "succeeded");
  const labels = Object.fromEntries(summary.labels.map((each) => [each.label, each.caveats]));
  assert.deepEqual(labels.calibrateImage, { "*": 1, N: 1 });
  assert.deepEqual(labels.consolidateVisitSummary, { A: 1 });
  const none = await run(butler, { isr: 'noWorkOn: "exposure=1"' }, { outputRun: "none" });
  assert.equal(none.status, "succeeded");
  const caveats = Object.fromEntries(none.labels.map((each) => [each.label, each.caveats]));
  assert.deepEqual(caveats.calibrateImage, { "*": 3, A: 3, N: 3 });
  assert.deepEqual(caveats.consolidateVisitSummary, { "*": 1, A: 1, N: 1 });
});

test("a worker that exits or hangs fails its quantum only, and is replaced", async (t) => {
  const butler = await open(t);
  const exited = await run(butler, { isr: 'exitOn: "exposure=2 detector=2"' }, { workers: 2 });
  assert.deepEqual(
    exited.failures.map(({ code }) => code),
    ["PIPELINE.WORKER_LOST"],
  );
  assert.equal(column(exited, "succeeded").isr, 11);
  const log = (await butler.get(
    "isr_log",
    { instrument: "SynCam", exposure: 2, detector: 2 },
    { collections: "out" },
  )) as ButlerLogRecords;
  assert.match(log.records[0]!.message, /exit code 3/);
  const hung = await run(
    butler,
    { isr: 'hangOn: "exposure=1 detector=2"' },
    { workers: 2, timeoutSec: 6, outputRun: "hung" },
  );
  assert.deepEqual(
    hung.failures.map(({ code }) => code),
    ["PIPELINE.TIMEOUT"],
  );
  assert.equal(column(hung, "succeeded").isr, 11);
});

test("retries are counted, fail-fast stops, and an abort leaves a run that can be continued", async (t) => {
  const butler = await open(t);
  const retried = await run(
    butler,
    { isr: 'failOn: "exposure=1 detector=1"' },
    { retries: 2, outputRun: "retried" },
  );
  assert.equal(retried.failures[0]!.attempts, 3);
  const fast = await run(
    butler,
    { isr: 'failOn: "exposure=1 detector=1"' },
    { failFast: true, outputRun: "fast" },
  );
  assert.equal(fast.status, "failed");
  assert.ok(column(fast, "pending").isr! > 0);
  const controller = new AbortController();
  let finished = 0;
  const stopped = await run(
    butler,
    {},
    {
      signal: controller.signal,
      workers: 1,
      onProgress: ({ kind }) => {
        if (kind === "finished" && ++finished === 5) controller.abort();
      },
    },
  );
  assert.equal(stopped.status, "interrupted");
  const continued = await run(butler);
  assert.equal(continued.status, "succeeded");
  const skipped = Object.values(column(continued, "skipped")).reduce((sum, count) => sum + count, 0);
  assert.ok(skipped >= 5 && skipped < 57, `${skipped} skipped`);
});

test("an output chain gets a new run in front, and extend-run reuses it", async (t) => {
  const butler = await open(t);
  const { outputRun: _unused, ...output } = { outputRun: undefined, output: "u/me/demo" };
  const pipeline = await parsePipeline(withConfig({}));
  const common = { butler, pipeline, runtimeModule, workers: 0, inputs: ["defaults"], ...output };
  const first = await runPipeline(common);
  assert.match(first.outputRun, /^u\/me\/demo\/\d{8}T\d{6}Z$/);
  assert.deepEqual((await butler.getCollection("u/me/demo")).children, [first.outputRun, "defaults"]);
  const second = await runPipeline({ ...common, extendRun: true });
  assert.equal(second.outputRun, first.outputRun);
  assert.equal(second.labels[0]!.skipped, 12);
  await assert.rejects(runPipeline({ butler, pipeline, runtimeModule, inputs: ["defaults"] }), (error) =>
    isAlmagestError(error, "PIPELINE.RUN_INVALID"),
  );
});

test("finished quanta whose outputs were not kept run again where something needs them", async (t) => {
  const butler = await open(t);
  await run(butler);
  const before = (await butler.get("object", { skymap: "grid", tract: 0 }, { collections: "out" })) as object;
  const idsOf = async (type: string) => butler.queryDatasets(type, { collections: "out" });
  await butler.prune([...(await idsOf("objectTable_metadata")), ...(await idsOf("object"))], { purge: true });
  await butler.prune([...(await idsOf("object_patch")), ...(await idsOf("direct_warp"))]);
  const again = await run(butler, {}, { retainedDatasetTypes: ["*image", "visit_summary", "deep_*"] });
  assert.equal(again.status, "succeeded");
  const { objectTable, measureObjects, assembleDeepCoadd, makeDirectWarp } = column(again, "succeeded");
  assert.deepEqual([objectTable, measureObjects, assembleDeepCoadd, makeDirectWarp], [1, 4, 0, 0]);
  assert.deepEqual(await butler.get("object", { skymap: "grid", tract: 0 }, { collections: "out" }), before);
});

test("a repository whose files are in an object store is refused before anything is built", async () => {
  const butler = { readOnly: false, root: "s3://bucket/repo/" } as Butler;
  await assert.rejects(
    runPrepared(() => assert.fail("nothing shall be prepared"), {
      butler,
      runtime: new URL("file:///none"),
    } as never),
    (error) => isAlmagestError(error, "PIPELINE.RUN_INVALID") && error.message.includes("s3://bucket/repo/"),
  );
});
