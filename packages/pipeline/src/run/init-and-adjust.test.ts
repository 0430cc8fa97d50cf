import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { z } from "zod";
import { formatters } from "../fixtures/numeric-tasks.ts";
import { createSurvey } from "../fixtures/synthetic-repository.ts";
import { createTaskTable } from "../graph/task-node.ts";
import { NoWorkFound } from "../no-work-found.ts";
import { parsePipeline } from "../pipeline/load-pipeline.ts";
import { openGraphFile } from "../qg/open-graph-file.ts";
import { writeGraphFile } from "../qg/write-graph-file.ts";
import { defineTask, initInput, initOutput, input, inputs, output, prerequisites } from "../task.ts";
import { runGraphFile } from "./run-graph-file.ts";
import { preparePipeline, runPipeline } from "./run-pipeline.ts";

interface Figure {
  readonly value: number;
}

const storageClass = "StructuredDataDict";
const figure = (name: string, dimensions: readonly string[]) => ({
  name,
  storageClass,
  doc: name,
  dimensions,
});
const exposureDetector = ["instrument", "exposure", "detector"];

const make = defineTask({
  name: "make",
  pythonClasses: [],
  doc: "Passes raws on, with the factor of the run.",
  dimensions: exposureDetector,
  config: z.object({ factor: z.number().default(3), failOn: z.number().default(0) }),
  connections: () => ({
    raw: input<Figure>(figure("raw", exposureDetector)),
    schema: initOutput<Figure>({ name: "schema", storageClass, doc: "The factor." }),
    made: output<Figure>(figure("made", exposureDetector)),
  }),
  init: async ({ config }) => ({ schema: { value: config.factor } }),
  async run({ dataId, config }, { raw }) {
    if (dataId.exposure === config.failOn) throw new NoWorkFound("told to");
    return { made: raw };
  },
});

const join2 = defineTask({
  name: "join",
  pythonClasses: [],
  doc: "Sums the even exposures of a detector, times the factor.",
  dimensions: ["instrument", "detector"],
  config: z.object({}),
  connections: () => ({
    schema: initInput<Figure>({ name: "schema", storageClass, doc: "The factor." }),
    parts: inputs<Figure>({ ...figure("made", exposureDetector), minimum: 2 }),
    biases: prerequisites<Figure>({
      ...figure("bias", ["instrument", "detector"]),
      isCalibration: true,
      // Not that of the detector itself: those of all other detectors, the last first.
      lookup: async (butler, { datasetType, dataIds, collections }) => {
        const all = await butler.queryDatasets(datasetType, { collections: [...collections] });
        return dataIds.map(({ detector }) =>
          all
            .filter(({ dataId }) => dataId.detector !== detector)
            .sort((a, b) => Number(b.dataId.detector) - Number(a.dataId.detector)),
        );
      },
    }),
    sum: output<Figure>(figure("sum", ["instrument", "detector"])),
  }),
  adjustQuantum({ dataId, inputs: given }) {
    if (dataId.detector === 3) throw new NoWorkFound("the third is left out");
    return { parts: given.parts!.flatMap(({ exposure }, at) => (Number(exposure) % 2 === 0 ? [at] : [])) };
  },
  async run({ initInputs, inputDataIds }, { parts, biases }) {
    const { value } = initInputs!.schema as Figure;
    assert.ok(inputDataIds.parts!.every(({ exposure }) => Number(exposure) % 2 === 0));
    assert.equal(biases[0]!.value > biases[1]!.value, true, "in the order of the look-up");
    return { sum: { value: value * parts.reduce((sum, part) => sum + part.value, 0) } };
  },
});

const runtimeModule = { tasks: createTaskTable([make, join2]), formatters };
const YAML = "description: d\ntasks: {make: make, join: join}\n";
const SURVEY = { visits: 7, detectors: 4, bands: 2, tracts: 1, patches: 3, patchesPerDetector: 2 };

async function survey(t: { after(end: () => Promise<void>): void }) {
  const folder = mkdtempSync(join(tmpdir(), "almagest-init-"));
  const butler = await createSurvey(join(folder, "repo"), SURVEY);
  t.after(async () => {
    await butler.close();
    rmSync(folder, { recursive: true });
  });
  return { butler, folder };
}

/** Sum over even exposures of 100 × exposure + detector, without one of them. */
const expected = (detector: number, without = 0): number =>
  3 * [2, 4, 6].filter((e) => e !== without).reduce((sum, e) => sum + 100 * e + detector, 0);

test("init outputs are made once and read by others; quanta are adjusted when built and when run", async (t) => {
  const { butler, folder } = await survey(t);
  const common = { butler, runtimeModule, inputs: ["raw", "calib/run"], workers: 0 };
  const summary = await runPipeline({ ...common, pipeline: await parsePipeline(YAML), outputRun: "one" });
  assert.equal(summary.status, "succeeded");
  assert.deepEqual(
    summary.labels.map(({ label, succeeded }) => [label, succeeded]),
    [
      ["make", 28],
      ["join", 3],
    ],
  );
  assert.match(summary.notes.join(), /join: 1 of 4 data ids dropped: the third is left out/);
  const sumOf = async (run: string, detector: number) =>
    ((await butler.get("sum", { instrument: "SynCam", detector }, { collections: run })) as Figure).value;
  assert.equal(await sumOf("one", 2), expected(2));
  assert.deepEqual(await butler.get("schema", {}, { collections: "one" }), { value: 3 });

  // Exposure 4 comes to nothing: two even ones are left, which is enough.
  const some = await parsePipeline(
    "description: d\ntasks:\n  make: {class: make, config: {failOn: 4}}\n  join: join\n",
  );
  const second = await runPipeline({ ...common, pipeline: some, outputRun: "two" });
  assert.equal(second.status, "succeeded");
  assert.equal(await sumOf("two", 1), expected(1, 4));
  assert.equal(second.labels[1]!.caveats.A, 3);

  // The same by way of a file, whose ids the init outputs get as well.
  const prepared = await preparePipeline({
    ...common,
    pipeline: await parsePipeline(YAML),
    outputRun: "three",
  });
  const path = join(folder, "graph.qg");
  await writeGraphFile(prepared.quanta, { butler, path });
  assert.equal((await runGraphFile({ ...common, path })).status, "succeeded");
  assert.equal(await sumOf("three", 4), expected(4));
  await using file = await openGraphFile(path);
  const init = await file.readInitQuanta();
  const foretold = init.find(({ task_label }) => task_label === "make")!.outputs.schema![0]!.dataset_id;
  assert.equal((await butler.findDataset("schema", {}, { collections: "three" }))!.id, foretold);
});

test("an init input that nobody makes is looked for in the inputs, and named when it is missing", async (t) => {
  const { butler } = await survey(t);
  const options = {
    butler,
    runtimeModule,
    inputs: ["raw", "calib/run", "old"],
    workers: 0,
  };
  const first = { ...options, inputs: ["raw", "calib/run"] };
  await runPipeline({ ...first, pipeline: await parsePipeline(YAML), outputRun: "old" });
  const alone = await parsePipeline("description: d\ntasks: {join: join}\n");
  assert.equal((await runPipeline({ ...options, pipeline: alone, outputRun: "new" })).status, "succeeded");
  const made = (await butler.findDataset("schema", {}, { collections: "old" }))!;
  await butler.prune([made], { purge: true });
  await assert.rejects(runPipeline({ ...options, pipeline: alone, outputRun: "newer" }), (error) =>
    isAlmagestError(error, "PIPELINE.INIT_INPUT_MISSING"),
  );
});
