import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { formatters } from "./fixtures/numeric-tasks.ts";
import { createSurvey } from "./fixtures/synthetic-repository.ts";
import { createTaskTable } from "./graph/task-node.ts";
import { parsePipeline } from "./pipeline/load-pipeline.ts";
import {
  AlgorithmError,
  AnnotatedPartialOutputsError,
  InvalidQuantumError,
  UnprocessableDataError,
  UpstreamFailureNoWorkFound,
} from "./quantum-errors.ts";
import { runPipeline } from "./run/run-pipeline.ts";
import type { TaskMetadata } from "./run/task-metadata.ts";
import { defineTask, input, output } from "./task.ts";

interface Figure {
  readonly value: number;
}

const dimensions = ["instrument", "exposure", "detector"];
const figure = (name: string) => ({ name, storageClass: "StructuredDataDict", doc: name, dimensions });

const errs = defineTask({
  name: "errs",
  pythonClasses: [],
  doc: "Throws something else for each exposure.",
  dimensions,
  config: z.object({ invalid: z.boolean().default(false) }),
  connections: () => ({
    raw: input<Figure>(figure("raw")),
    one: output<Figure>(figure("one")),
    two: output<Figure>(figure("two")),
  }),
  async run({ dataId, config }, { raw }) {
    if (config.invalid) throw new InvalidQuantumError("makes no sense");
    if (dataId.exposure === 1) throw new UnprocessableDataError("all saturated");
    if (dataId.exposure === 2) throw new UpstreamFailureNoWorkFound("was let pass");
    if (dataId.exposure === 3) throw new AnnotatedPartialOutputsError("only one", { one: raw });
    if (dataId.exposure === 4) throw new AlgorithmError("does not converge", { chi2: 7 });
    if (dataId.exposure === 5) throw new Error("may pass");
    return { one: raw, two: raw };
  },
});

const SURVEY = { visits: 6, detectors: 1, bands: 2, tracts: 1, patches: 3, patchesPerDetector: 2 };

test("each kind of failure has its meaning: caveats, retries, partial outputs, the end of the run", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-errors-"));
  const butler = await createSurvey(join(folder, "repo"), SURVEY);
  t.after(async () => {
    await butler.close();
    rmSync(folder, { recursive: true });
  });
  const run = async (outputRun: string, more: object = {}, config = "{}") =>
    runPipeline({
      butler,
      pipeline: await parsePipeline(`{description: d, tasks: {errs: {class: errs, config: ${config}}}}`),
      runtimeModule: { tasks: createTaskTable([errs]), formatters },
      inputs: ["raw"],
      outputRun,
      workers: 0,
      retries: 2,
      ...more,
    });
  const attempts = ({ failures }: Awaited<ReturnType<typeof run>>) =>
    failures.map(({ dataId, kind, attempts: count }) => [dataId.exposure, kind, count]);

  const strict = await run("strict");
  assert.deepEqual(attempts(strict), [
    [3, "repeatable", 1],
    [4, "repeatable", 1],
    [5, undefined, 3],
  ]);
  assert.deepEqual(strict.labels[0]!.caveats, { "*": 2, D: 1, N: 2, U: 1 });

  const lenient = await run("lenient", { acceptPartialOutputs: true, retryOn: ["PIPELINE.WORKER_LOST"] });
  assert.deepEqual(attempts(lenient), [
    [4, "repeatable", 1],
    [5, undefined, 1],
  ]);
  assert.deepEqual(lenient.labels[0]!.caveats, { "*": 2, "+": 1, D: 1, N: 2, P: 1, U: 1 });
  const dataId = { instrument: "SynCam", exposure: 3, detector: 1 };
  assert.deepEqual(await butler.get("one", dataId, { collections: "lenient" }), { value: 301 });
  const metadata = (await butler.get("errs_metadata", dataId, { collections: "lenient" })) as TaskMetadata;
  assert.equal(metadata.metadata.quantum!.scalars.caveatLetters, "P+");
  assert.equal(metadata.metadata.quantum!.scalars.caveats, 64 + 1, "the flags of the original");

  const invalid = await run("invalid", {}, "{invalid: true}");
  assert.equal(invalid.failures.length, 1, "the first one ends the run");
  assert.equal(invalid.failures[0]!.kind, "invalid");
  assert.equal(invalid.labels[0]!.pending, 5);
});
