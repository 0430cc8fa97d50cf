import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Butler } from "@almagest/butler";
import { SURVEY_YAML, tasks } from "../fixtures/numeric-tasks.ts";
import { createSurvey } from "../fixtures/synthetic-repository.ts";
import { createSyntheticSource, type SyntheticSurvey } from "../fixtures/synthetic-source.ts";
import { createPipelineGraph } from "../graph/pipeline-graph.ts";
import { parsePipeline } from "../pipeline/load-pipeline.ts";
import { runPipeline } from "../run/run-pipeline.ts";
import { itemsOf } from "./adjacency.ts";
import { buildQuantumGraph, countQuanta } from "./build-quantum-graph.ts";
import { datasetDataId, type QuantumGraph, quantumDataId } from "./quantum-graph.ts";

const SURVEY: SyntheticSurvey = {
  visits: 8,
  detectors: 4,
  bands: 3,
  tracts: 2,
  patches: 3,
  patchesPerDetector: 2,
};

/** Every quantum with the data ids of its inputs (reference shards aside, whose numbers the synthetic survey makes up). */
function describe(graph: QuantumGraph): string[] {
  const lines: string[] = [];
  for (const task of graph.tasks) {
    for (let q = 0; q < task.count; q++) {
      const inputs = [...task.inputs, ...task.prerequisites]
        .filter(({ edge }) => edge.datasetType !== "refcat")
        .map(({ edge, links }) => {
          const table = graph.datasets.get(edge.datasetType)!;
          const ids = [...itemsOf(links, q)].map((row) => JSON.stringify(datasetDataId(table, row)));
          return `${edge.connection} ${ids.join(" ")}`;
        });
      lines.push(`${task.node.label} ${JSON.stringify(quantumDataId(task, q))} ← ${inputs.join("; ")}`);
    }
  }
  return lines;
}

async function graphOf(source: Butler | ReturnType<typeof createSyntheticSource>, where: string) {
  const graph = createPipelineGraph(await parsePipeline(SURVEY_YAML), { tasks, universe: source.universe });
  return buildQuantumGraph({ source, graph, inputs: ["defaults"], outputRun: "out", where });
}

test("the joins of a real repository give the graph that the survey's numbers predict, whole and in part", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-joins-"));
  const butler = await createSurvey(join(folder, "repo"), SURVEY);
  t.after(async () => {
    await butler.close();
    rmSync(folder, { recursive: true });
  });
  const everything = "instrument='SynCam' AND skymap='grid'";
  const selections: Record<string, NonNullable<SyntheticSurvey["where"]>> = {
    [everything]: () => true,
    [`${everything} AND visit IN (2..4)`]: (_, { visit }) => Number(visit) >= 2 && Number(visit) <= 4,
    [`${everything} AND tract=1`]: (_, { tract }) => tract === 1,
    [`${everything} AND band='g' AND detector<3`]: (_, { band, detector }) =>
      band === "g" && Number(detector) < 3,
    [`${everything} AND exposure=5 AND patch=0`]: (_, { exposure, patch }) => exposure === 5 && patch === 0,
  };
  for (const [where, predicate] of Object.entries(selections)) {
    const real = await graphOf(butler, where);
    // The builder's own narrower queries for prerequisites are not the selection.
    const own: typeof predicate = (text, dataId) => text !== where || predicate(text, dataId);
    const predicted = await graphOf(createSyntheticSource({ ...SURVEY, where: own }), where);
    assert.deepEqual(describe(real), describe(predicted), where);
    assert.ok(real.count > 0, where);
    const calibrate = real.tasks[1]!;
    const shards = calibrate.prerequisites[0]!.links;
    for (let q = 0; q < calibrate.count; q++)
      assert.ok(itemsOf(shards, q).length > 0, "every detector has shards");
  }
  const nothing = await graphOf(butler, `${everything} AND visit=99`);
  assert.equal(nothing.count, 0);
  assert.match(nothing.notes[0]!, /no data match/);
});

test("calibrations made by one pipeline, once certified, are found by the next by the time of its exposures", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-calibs-"));
  const butler = await createSurvey(join(folder, "repo"), { ...SURVEY, visits: 4 });
  t.after(async () => {
    await butler.close();
    rmSync(folder, { recursive: true });
  });
  const combined = await runPipeline({
    butler,
    pipeline: await parsePipeline("description: d\ntasks: {combine: combine}\n"),
    runtimeModule: new URL("../fixtures/numeric-tasks.ts", import.meta.url),
    where: "instrument='SynCam' AND exposure IN (1, 3)",
    inputs: ["raw"],
    outputRun: "combined",
    workers: 0,
  });
  assert.deepEqual(combined.labels[0]!.succeeded, 4);
  const refs = await butler.queryDatasets("bias", { collections: "combined" });
  assert.deepEqual(await butler.get(refs.find(({ dataId }) => dataId.detector === 2)!), { value: 202 });
  // The new ones are valid from the third exposure on; before that the old ones are.
  const [third] = await butler.queryRecords("exposure", { where: "instrument='SynCam' AND exposure=3" });
  await butler.registerCollection("newer", "CALIBRATION");
  await butler.certify("newer", refs, { begin: (third!.timespan as { begin: bigint }).begin });
  const source = butler;
  const graph = createPipelineGraph(await parsePipeline("description: d\ntasks: {isr: isr}\n"), {
    tasks,
    universe: butler.universe,
  });
  const quanta = await buildQuantumGraph({
    source,
    graph,
    inputs: ["newer", "raw", "calib"],
    outputRun: "out",
  });
  const [isr] = quanta.tasks;
  const table = quanta.datasets.get("bias")!;
  const runs = Array.from({ length: isr!.count }, (_, q) => {
    const [row] = itemsOf(isr!.prerequisites[0]!.links, q);
    return `${quantumDataId(isr!, q).exposure}: ${table.refs[row!]!.run}`;
  });
  assert.deepEqual([...new Set(runs)].sort(), ["1: calib/run", "2: calib/run", "3: combined", "4: combined"]);
  assert.equal(countQuanta(quanta)[0]!.run, 16);
});
