import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { openQuantumButler, type PredictedDataset } from "@almagest/butler";
import { SURVEY_YAML } from "../fixtures/numeric-tasks.ts";
import { createSurvey } from "../fixtures/synthetic-repository.ts";
import { createStandardFormatters } from "../formatters/standard-formatters.ts";
import { parsePipeline } from "../pipeline/load-pipeline.ts";
import { preparePipeline } from "../run/run-pipeline.ts";
import { openGraphFile } from "./open-graph-file.ts";
import { createDatasetPredictor, predictOutputs } from "./predicted-datasets.ts";
import { transferFromGraph } from "./transfer-from-graph.ts";
import { writeGraphFile } from "./write-graph-file.ts";

const SURVEY = { visits: 2, detectors: 3, bands: 2, tracts: 1, patches: 4, patchesPerDetector: 2 };
const runtimeModule = new URL("../fixtures/numeric-tasks.ts", import.meta.url);

test("what quanta of a graph wrote without the database is registered from the graph, once", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-graph-transfer-"));
  const location = join(folder, "repo");
  const butler = await createSurvey(location, SURVEY);
  t.after(async () => {
    await butler.close();
    rmSync(folder, { recursive: true });
  });
  const { quanta } = await preparePipeline({
    butler,
    pipeline: await parsePipeline(SURVEY_YAML),
    runtimeModule,
    where: "instrument='SynCam' AND skymap='grid'",
    inputs: ["defaults"],
    output: "survey",
    outputRun: "survey/run1",
  });
  const path = join(folder, "survey.qg");
  await writeGraphFile(quanta, { butler, path, output: "survey" });
  await using file = await openGraphFile(path);
  const formatters = createStandardFormatters();
  const { universe } = butler;

  const foretold: PredictedDataset[] = [];
  for await (const page of predictOutputs(file, universe)) foretold.push(...page);
  const dictionaries = foretold.filter(({ ref }) => ref.datasetType.storageClass === "StructuredDataDict");
  assert.ok(dictionaries.length > 6);
  const written = dictionaries.slice(0, -2);
  const quantum = await openQuantumButler(location, { universe, inputs: [], outputs: written, formatters });
  for (const [value, { ref }] of written.entries()) await quantum.put({ value }, ref);

  const options = { butler, location, formatters };
  const [one] = written;
  const type = one!.ref.datasetType.name;
  assert.equal(await butler.registerDatasetType(one!.ref.datasetType).catch(() => undefined), true);
  const only = await transferFromGraph(file, { ...options, accepts: (name) => name === type });
  assert.ok(only.length > 0 && only.every(({ datasetType }) => datasetType.name === type));
  if (written.some(({ ref }) => ref.datasetType.name !== type)) {
    await assert.rejects(transferFromGraph(file, options), (error) =>
      isAlmagestError(error, "BUTLER.DATASET_TYPE_MISSING"),
    );
  }
  const all = { ...options, registerTypes: true, updateChain: true };
  const dry = await transferFromGraph(file, { ...all, dryRun: true });
  const rest = await transferFromGraph(file, all);
  assert.deepEqual(dry, rest);
  assert.equal(only.length + rest.length, written.length);
  assert.deepEqual(await transferFromGraph(file, all), []);
  const { children } = await butler.getCollection("survey");
  assert.equal(children?.[0], "survey/run1");
  for (const [value, { ref }] of written.entries()) {
    assert.deepEqual(await butler.get(ref.datasetType.name, ref.dataId, { collections: "survey" }), {
      value,
    });
  }
  const report = await butler.check({ checksums: true, graceMs: 0 });
  assert.equal(report.clean, true);

  // Records come through the file as the repository has them.
  const predictor = await createDatasetPredictor(file, universe);
  for await (const { inputs } of file.readQuanta()) {
    for (const model of Object.values(inputs).flat()) {
      const { ref, records, dataId } = predictor.predict(model);
      const group = universe.completeGroup(ref.datasetType.dimensions);
      const [data] = await butler.expandDataIds([ref.dataId], group);
      assert.deepEqual([dataId, records], [data!.dataId, data!.records]);
    }
  }
});
