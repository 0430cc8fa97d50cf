import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import type { DataId, DatasetRef } from "@almagest/butler";
import fc from "fast-check";
import { z } from "zod";
import { SURVEY_YAML, tasks } from "../fixtures/numeric-tasks.ts";
import { createSyntheticSource, type SyntheticSurvey } from "../fixtures/synthetic-source.ts";
import { createPipelineGraph } from "../graph/pipeline-graph.ts";
import { createTaskTable, type TaskTable } from "../graph/task-node.ts";
import { parsePipeline } from "../pipeline/load-pipeline.ts";
import { defineTask, input } from "../task.ts";
import { itemsOf } from "./adjacency.ts";
import { buildQuantumGraph, countQuanta } from "./build-quantum-graph.ts";
import type { BuildGraphOptions } from "./building.ts";
import { encodeRows, groupRows } from "./coded-rows.ts";
import { datasetDataId, type QuantumGraph, quantumDataId } from "./quantum-graph.ts";

const SMALL: SyntheticSurvey = {
  visits: 4,
  detectors: 3,
  bands: 2,
  tracts: 1,
  patches: 4,
  patchesPerDetector: 2,
};

async function build(
  survey: Partial<SyntheticSurvey> = {},
  options: Partial<BuildGraphOptions> = {},
  text = SURVEY_YAML,
  table: TaskTable = tasks,
): Promise<QuantumGraph> {
  const source = createSyntheticSource({ ...SMALL, ...survey });
  const graph = createPipelineGraph(await parsePipeline(text), { tasks: table, universe: source.universe });
  return buildQuantumGraph({ source, graph, inputs: ["in"], outputRun: "out", ...options });
}

const counts = (graph: QuantumGraph) =>
  Object.fromEntries(countQuanta(graph).map(({ label, run }) => [label, run]));
const taskOf = (graph: QuantumGraph, label: string) => graph.tasks.find(({ node }) => node.label === label)!;

/** Data ids of the datasets of one connection of one quantum. */
function inputIds(graph: QuantumGraph, label: string, connection: string, dataId: DataId): DataId[] {
  const task = taskOf(graph, label);
  const quantum = Array.from({ length: task.count }, (_, q) => q).find((q) => {
    const own = quantumDataId(task, q);
    return Object.entries(dataId).every(([name, value]) => own[name] === value);
  })!;
  const found = [...task.inputs, ...task.prerequisites].find(({ edge }) => edge.connection === connection)!;
  const table = graph.datasets.get(found.edge.datasetType)!;
  return [...itemsOf(found.links, quantum)].map((row) => datasetDataId(table, row));
}

test("each task gets the data ids of its dimensions, and each quantum its inputs", async () => {
  const graph = await build();
  assert.deepEqual(counts(graph), {
    isr: 12,
    calibrateImage: 12,
    consolidateVisitSummary: 4,
    makeDirectWarp: 16,
    assembleDeepCoadd: 8,
    measureObjects: 4,
    objectTable: 1,
  });
  assert.deepEqual(inputIds(graph, "calibrateImage", "exposures", { visit: 2, detector: 3 }), [
    { instrument: "SynCam", detector: 3, exposure: 2 },
  ]);
  assert.equal(inputIds(graph, "consolidateVisitSummary", "images", { visit: 1 }).length, 3);
  // Visit 1 puts detector 1 on patches (7 + 2) mod 3 + {0, 1} = 0, 1; detector 2 on 2, 3; detector 3 on 1, 2.
  const images = inputIds(graph, "makeDirectWarp", "images", { visit: 1, patch: 1 });
  assert.deepEqual(
    images.map(({ detector }) => detector),
    [1, 3],
  );
  assert.deepEqual(
    inputIds(graph, "assembleDeepCoadd", "warps", { patch: 0, band: "u" }).map(({ visit }) => visit),
    [2, 4],
  );
  assert.deepEqual(inputIds(graph, "calibrateImage", "reference", { visit: 2, detector: 3 }), [
    { htm7: 131075 },
  ]);
  assert.deepEqual(inputIds(graph, "isr", "bias", { exposure: 2, detector: 3 }), [
    { instrument: "SynCam", detector: 3 },
  ]);
});

test("what lacks inputs is dropped, and prerequisites that are missing are named", async () => {
  const noVisitTwo = await build({ has: (name, dataId) => name !== "raw" || dataId.exposure !== 2 });
  assert.equal(counts(noVisitTwo).isr, 9);
  assert.equal(counts(noVisitTwo).consolidateVisitSummary, 3);
  const nothing = await build({ has: (name) => name !== "raw" });
  assert.equal(nothing.count, 0);
  assert.match(nothing.notes[0]!, /isr.*nothing to do/);
  await assert.rejects(
    build({ has: (name, dataId) => name !== "bias" || dataId.detector !== 3 }),
    (error) => {
      assert.ok(isAlmagestError(error, "PIPELINE.PREREQUISITE_MISSING"));
      assert.match(error.message, /isr needs 'bias', and 4 of its 12 quanta/);
      return true;
    },
  );
});

test("quanta whose metadata exist are skipped, and their outputs feed the others", async () => {
  const dimensions = ["instrument", "exposure", "detector"];
  const refs = (name: string, detectors: number[]): DatasetRef[] =>
    detectors.map((detector) => ({
      id: `${name}-${detector}`,
      datasetType: { name, dimensions, storageClass: "StructuredDataDict", isCalibration: false },
      dataId: { instrument: "SynCam", exposure: 1, detector },
      run: "out",
    }));
  const existing = new Map([
    ["isr_metadata", refs("isr_metadata", [1, 2])],
    ["post_isr_image", refs("post_isr_image", [1, 3])],
    ["isr_log", refs("isr_log", [1, 2, 3])],
  ]);
  const graph = await build({ existing }, { skipExisting: true });
  assert.deepEqual(countQuanta(graph)[0], { label: "isr", run: 10, skipped: 2 });
  // Detector 2 succeeded without an output (nothing to do), so its successor is dropped.
  assert.equal(counts(graph).calibrateImage, 11);
  assert.deepEqual(
    taskOf(graph, "isr").leftovers.map(({ id }) => id),
    ["isr_log-3", "post_isr_image-3"],
  );
  await assert.rejects(build({ existing }), (error) => isAlmagestError(error, "PIPELINE.OUTPUT_EXISTS"));
});

test("a single connection with several datasets is refused", async () => {
  const greedy = defineTask({
    name: "greedy",
    pythonClasses: [],
    doc: "Takes one visit where there are many.",
    dimensions: ["instrument", "detector"],
    config: z.object({}),
    connections: () => ({
      raw: input<number>({
        name: "raw",
        storageClass: "StructuredDataDict",
        doc: "Raw.",
        dimensions: ["instrument", "exposure", "detector"],
      }),
    }),
    run: async () => ({}),
  });
  const text = "description: d\ntasks: {greedy: greedy}\n";
  await assert.rejects(build({}, {}, text, createTaskTable([greedy])), (error) =>
    isAlmagestError(error, "PIPELINE.TYPE_MISMATCH"),
  );
});

test("grouping coded rows equals grouping by value", () => {
  const row = fc.tuple(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom("b", "a", "ab"),
    fc.integer({ min: 0, max: 2 }),
  );
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
      const coded = encodeRows(["x", "s", "y"], rows);
      const group = groupRows(coded, ["s", "x"]);
      const key = (s: string, x: number) => JSON.stringify([s, x]);
      assert.equal(group.count, new Set(rows.map(([x, s]) => key(s, x))).size);
      const values = Array.from(
        { length: group.count },
        (_, i) =>
          [
            group.codes[0]!.values[group.columns[0]![i]!]! as string,
            group.codes[1]!.values[group.columns[1]![i]!]! as number,
          ] as const,
      );
      for (const [i, [x, s]] of rows.entries()) assert.deepEqual(values[group.memberOfRow[i]!], [s, x]);
      for (let i = 1; i < values.length; i++) {
        const [[s0, x0], [s1, x1]] = [values[i - 1]!, values[i]!];
        assert.ok(s0 < s1 || (s0 === s1 && x0 < x1), "ascending");
      }
    }),
  );
});
