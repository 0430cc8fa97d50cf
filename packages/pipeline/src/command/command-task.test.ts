import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { formatters, isrTask } from "../fixtures/numeric-tasks.ts";
import { createSurvey } from "../fixtures/synthetic-repository.ts";
import { createTaskTable } from "../graph/task-node.ts";
import { parsePipeline } from "../pipeline/load-pipeline.ts";
import { runPipeline } from "../run/run-pipeline.ts";
import { commandTask } from "./command-task.ts";

const SURVEY = { visits: 4, detectors: 2, bands: 2, tracts: 1, patches: 3, patchesPerDetector: 2 };

test("a program reads the files of its inputs and writes those of its outputs; its exit code tells how it went", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-command-test-"));
  const butler = await createSurvey(join(folder, "repo"), SURVEY);
  t.after(async () => {
    await butler.close();
    rmSync(folder, { recursive: true });
  });
  const program = join(folder, "sum.mjs");
  writeFileSync(
    program,
    `import { readFileSync, writeFileSync } from "node:fs";
    const [detector, output, ...files] = process.argv.slice(2);
    if (detector === process.env.NOTHING) process.exit(3);
    if (detector === process.env.BROKEN) { console.error("cannot go on"); process.exit(Number(process.env.EXIT)); }
    console.log("summing", files.length);
    const sum = files.reduce((sum, file) => sum + JSON.parse(readFileSync(file, "utf8").replace(/^value: /, "")), 0);
    writeFileSync(output, "value: " + sum + "\\n");`,
  );
  const yaml = (environment: Record<string, string>): string =>
    JSON.stringify({
      description: "A program in a pipeline",
      tasks: {
        isr: { class: "isr", config: { doBias: false, gain: 1 } },
        sum: {
          class: "command",
          config: {
            dimensions: ["instrument", "detector"],
            command: [process.execPath, program, "{dimension.detector}", "{total}", "{parts}"],
            environment,
            inputs: {
              parts: {
                datasetType: "post_isr_image",
                storageClass: "StructuredDataDict",
                dimensions: ["instrument", "exposure", "detector"],
              },
            },
            outputs: {
              total: {
                datasetType: "total",
                storageClass: "StructuredDataDict",
                dimensions: ["instrument", "detector"],
              },
            },
          },
        },
      },
    });
  const run = async (outputRun: string, environment: Record<string, string> = {}) =>
    runPipeline({
      butler,
      pipeline: await parsePipeline(yaml(environment)),
      runtimeModule: { tasks: createTaskTable([isrTask, commandTask]), formatters },
      inputs: ["raw"],
      outputRun,
      workers: 0,
      retries: 1,
    });
  const good = await run("good");
  assert.equal(good.status, "succeeded");
  assert.deepEqual(
    await butler.get("total", { instrument: "SynCam", detector: 2 }, { collections: "good" }),
    {
      value: 1008,
    },
  );
  assert.equal((await butler.check({ checksums: true })).changed.length, 0);
  const nothing = await run("nothing", { NOTHING: "1" });
  assert.equal(nothing.status, "succeeded");
  assert.equal(nothing.labels[1]!.caveats.N, 1);
  const broken = await run("broken", { BROKEN: "1", EXIT: "1" });
  assert.deepEqual(
    broken.failures.map(({ code, attempts }) => [code, attempts]),
    [["PIPELINE.COMMAND_FAILED", 2]],
  );
  assert.match(broken.failures[0]!.message, /exit code 1: cannot go on/);
  const hopeless = await run("hopeless", { BROKEN: "2", EXIT: "20" });
  assert.deepEqual(
    hopeless.failures.map(({ kind, attempts }) => [kind, attempts]),
    [["repeatable", 1]],
    "what would fail again is not tried again",
  );
  const invalid = await run("invalid", { BROKEN: "1", EXIT: "21" });
  assert.equal(invalid.failures[0]!.kind, "invalid");
  assert.equal(invalid.labels[1]!.pending, 1, "the run stopped");
});
