import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createManualClock, isAlmagestError } from "@almagest/base";
import { type Butler, type DatasetRef, parseDatastoreRecords } from "@almagest/butler";
import { SURVEY_YAML } from "../fixtures/numeric-tasks.ts";
import { createSurvey } from "../fixtures/synthetic-repository.ts";
import { parsePipeline } from "../pipeline/load-pipeline.ts";
import { runGraphFile } from "../run/run-graph-file.ts";
import { preparePipeline, runPipeline } from "../run/run-pipeline.ts";
import { formatExactJson, parseExactJson } from "./exact-json.ts";
import { openGraphFile } from "./open-graph-file.ts";
import { writeGraphFile } from "./write-graph-file.ts";

const SURVEY = { visits: 2, detectors: 3, bands: 2, tracts: 1, patches: 4, patchesPerDetector: 2 };
const runtimeModule = new URL("../fixtures/numeric-tasks.ts", import.meta.url);

/** A repository, and the survey's graph written for a run. */
async function prepare(t: TestContext, run = "out"): Promise<{ butler: Butler; path: string }> {
  const root = mkdtempSync(join(tmpdir(), "almagest-qg-"));
  const butler = await createSurvey(join(root, "repo"), SURVEY);
  t.after(async () => {
    await butler.close();
    rmSync(root, { recursive: true });
  });
  const path = join(root, "survey.qg");
  const { quanta } = await preparePipeline({ ...(await planOf(butler)), outputRun: run });
  await writeGraphFile(quanta, { butler, path, clock: createManualClock(1_767_225_600_000) });
  return { butler, path };
}

async function planOf(butler: Butler) {
  const yaml = SURVEY_YAML.replace("lsst.ip.isr.IsrTaskLSST", "{class: isr, config: {gain: 3}}");
  const where = "instrument='SynCam' AND skymap='grid'";
  return {
    butler,
    pipeline: await parsePipeline(yaml),
    runtimeModule,
    where,
    inputs: ["defaults"],
    workers: 0,
  };
}

const valuesOf = async (butler: Butler, type: string, run: string): Promise<unknown[]> => {
  const refs: DatasetRef[] = await butler.queryDatasets(type, { collections: run });
  const texts = await Promise.all(
    refs.map(async (ref) => JSON.stringify([Object.entries(ref.dataId).sort(), await butler.get(ref)])),
  );
  return texts.sort();
};

const failsWith = (code: string) => (error: unknown) => isAlmagestError(error, code);

test("JSON keeps the digits of integers that a double would round", () => {
  const text =
    '{"a":[9007199254740993,-9223372036854775808,12,1.5,12345678901234567e1],"b":"12345678901234567890"}';
  const value = parseExactJson(text) as { a: unknown[] };
  assert.deepEqual(value.a.slice(0, 3), [9007199254740993n, -9223372036854775808n, 12]);
  assert.equal(
    formatExactJson({ ...value, a: value.a.slice(0, 4) }),
    text.replace(",12345678901234567e1", ""),
  );
});

test("a graph file tells its quanta, edges and records; chosen quanta are read alone", async (t) => {
  const { path } = await prepare(t);
  await using file = await openGraphFile(path);
  const { header } = file;
  assert.equal(header.output_run, "out");
  assert.equal(header.n_task_quanta.isr, 6);
  const thin = await file.readThinGraph();
  const ids = Object.values(thin.quanta).flatMap((list) => list.map(({ quantum_id }) => quantum_id));
  assert.equal(ids.length, header.n_quanta);
  assert.equal(new Set(ids).size, ids.length);
  const makers = new Map<string, string>();
  const datasets = new Set<string>();
  const edges = new Set<string>();
  for await (const quantum of file.readQuanta()) {
    for (const { dataset_id } of Object.values(quantum.inputs).flat()) {
      datasets.add(dataset_id);
      const maker = makers.get(dataset_id);
      if (maker) edges.add(`${maker} ${quantum.quantum_id}`);
    }
    for (const { dataset_id, run } of Object.values(quantum.outputs).flat()) {
      datasets.add(dataset_id);
      makers.set(dataset_id, quantum.quantum_id);
      assert.equal(run, "out");
    }
  }
  assert.deepEqual(new Set(thin.edges.map((edge) => edge.join(" "))), edges);
  const init = (await file.readInitQuanta()).flatMap(({ outputs }) => Object.values(outputs).flat());
  assert.equal(datasets.size + init.length, header.n_datasets);
  const records = await file.readDimensionData();
  assert.deepEqual(records.band, [["g"], ["u"]]);
  assert.equal(records.visit_detector_region!.length, 6);
  const timespan = records.visit![0]!.at(-1) as bigint[];
  assert.equal(timespan[1]! - timespan[0]!, 30_000_000_000n);
  const last = thin.quanta.objectTable![0]!.quantum_id;
  for await (const quantum of file.readQuanta([last])) assert.equal(quantum.task_label, "objectTable");
  await assert.rejects(
    file.readQuanta(["00000000-0000-7000-8000-000000000000"])[Symbol.asyncIterator]().next(),
    failsWith("PIPELINE.QUANTUM_UNKNOWN"),
  );
});

test("running a graph file gives the same values as running the pipeline, under the ids foretold", async (t) => {
  const { butler, path } = await prepare(t);
  const summary = await runGraphFile({ butler, path, runtimeModule, workers: 0 });
  assert.equal(summary.status, "succeeded");
  assert.equal((await runPipeline({ ...(await planOf(butler)), outputRun: "direct" })).status, "succeeded");
  for (const type of ["post_isr_image", "stars", "deep_coadd", "object"]) {
    assert.deepEqual(await valuesOf(butler, type, "out"), await valuesOf(butler, type, "direct"), type);
  }
  await using file = await openGraphFile(path);
  const foretold: string[] = [];
  for await (const { outputs } of file.readQuanta())
    foretold.push(...Object.values(outputs).flatMap((list) => list.map(({ dataset_id }) => dataset_id)));
  for (const { outputs } of await file.readInitQuanta())
    foretold.push(...Object.values(outputs).flatMap((list) => list.map(({ dataset_id }) => dataset_id)));
  assert.equal((await butler.getDatasets(foretold)).length, foretold.length);
  const again = await runGraphFile({ butler, path, runtimeModule, workers: 0 });
  assert.equal(
    again.labels.reduce((sum, { skipped }) => sum + skipped, 0),
    file.header.n_quanta,
  );
});

test("chosen quanta run alone, once what they read is there", async (t) => {
  const { butler, path } = await prepare(t);
  await using file = await openGraphFile(path);
  const { quanta } = await file.readThinGraph();
  const idsOf = (label: string) => quanta[label]!.map(({ quantum_id }) => quantum_id);
  const run = (quantumIds: string[]) => runGraphFile({ butler, path, runtimeModule, workers: 0, quantumIds });
  await assert.rejects(run(idsOf("calibrateImage")), failsWith("PIPELINE.INPUTS_PENDING"));
  const first = await run(idsOf("isr"));
  assert.equal(first.labels.find(({ label }) => label === "isr")!.succeeded, 6);
  const second = await run(idsOf("calibrateImage"));
  assert.equal(second.labels.find(({ label }) => label === "calibrateImage")!.succeeded, 6);
  const rest = await runGraphFile({ butler, path, runtimeModule, workers: 0 });
  assert.equal(rest.status, "succeeded");
  assert.equal(rest.labels.find(({ label }) => label === "isr")!.skipped, 6);
});

test("a damaged file is refused by name", async (t) => {
  const { path } = await prepare(t);
  const whole = readFileSync(path);
  for (const [name, bytes] of [
    ["short.qg", whole.subarray(0, 200)],
    ["half.qg", whole.subarray(0, whole.length >> 1)],
    ["text.qg", Buffer.from("no graph")],
  ] as const) {
    const damaged = join(path, "..", name);
    writeFileSync(damaged, bytes);
    await assert.rejects(openGraphFile(damaged), failsWith("PIPELINE.QG_INVALID"), name);
  }
  await assert.rejects(openGraphFile(join(path, "..", "absent.qg")), failsWith("PIPELINE.QG_INVALID"));
});

test("a graph file tells where the stored inputs of each quantum are, and of no other dataset", async (t) => {
  const { butler, path } = await prepare(t);
  const { quanta } = await preparePipeline({ ...(await planOf(butler)), outputRun: "recorded" });
  await writeGraphFile(quanta, { butler, path, location: butler.root });
  await using file = await openGraphFile(path);
  const thin = await file.readThinGraph();
  const recordsOf = async (label: string): Promise<[string[], string[], string[]]> => {
    const [inputs, ids, paths]: [string[], string[], string[]] = [[], [], []];
    for await (const quantum of file.readQuanta(
      thin.quanta[label]!.slice(0, 1).map((one) => one.quantum_id),
    )) {
      inputs.push(...Object.values(quantum.inputs).flatMap((list) => list.map((one) => one.dataset_id)));
      const found = parseDatastoreRecords(quantum.datastore_records, "FileDatastore@<butlerRoot>");
      ids.push(...found.keys());
      paths.push(...[...found.values()].flatMap((files) => files.map((each) => each.path)));
    }
    return [inputs.sort(), ids.sort(), paths];
  };
  const [inputs, ids, paths] = await recordsOf("isr");
  assert.ok(inputs.length >= 2);
  assert.deepEqual(ids, inputs);
  for (const each of paths) assert.ok(existsSync(join(butler.root, each)), each);
  assert.deepEqual((await recordsOf("consolidateVisitSummary"))[1], []);
});
