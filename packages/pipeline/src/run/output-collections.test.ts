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
import { planCollections } from "./output-collections.ts";
import type { RunPipelineOptions, RunSummary } from "./run-options.ts";
import { runPipeline } from "./run-pipeline.ts";

const SURVEY = { visits: 1, detectors: 1, bands: 1, tracts: 1, patches: 1, patchesPerDetector: 1 };

async function openFresh(t: TestContext): Promise<Butler> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-collections-"));
  const butler = await createSurvey(join(folder, "repo"), SURVEY);
  t.after(async () => {
    await butler.close();
    rmSync(folder, { recursive: true });
  });
  return butler;
}

const run = async (butler: Butler, options: Partial<RunPipelineOptions>): Promise<RunSummary> =>
  runPipeline({
    butler,
    pipeline: await parsePipeline(SURVEY_YAML),
    runtimeModule: await import("../fixtures/numeric-tasks.ts"),
    where: "instrument='SynCam' AND skymap='grid'",
    inputs: ["defaults"],
    output: "u/out",
    workers: 0,
    ...options,
  });

const childrenOf = async (butler: Butler): Promise<readonly string[]> =>
  (await butler.queryCollections("u/out"))[0]!.children ?? [];

test("a replaced run leaves the chain, and with it its files or all of it", async (t) => {
  const butler = await openFresh(t);
  assert.equal((await run(butler, { outputRun: "u/out/1" })).status, "succeeded");
  await run(butler, { outputRun: "u/out/2", replaceRun: true });
  assert.deepEqual(await childrenOf(butler), ["u/out/2", "defaults"]);
  assert.equal((await butler.queryDatasets("object", { collections: "u/out/1" })).length, 1);

  await run(butler, { outputRun: "u/out/3", replaceRun: true, pruneReplaced: "unstore" });
  const [object] = await butler.queryDatasets("object", { collections: "u/out/2" });
  assert.equal(await butler.exists(object!), false);

  await run(butler, { outputRun: "u/out/4", replaceRun: true, pruneReplaced: "purge" });
  assert.deepEqual(await childrenOf(butler), ["u/out/4", "defaults"]);
  assert.equal((await butler.queryCollections("u/out/*")).map(({ name }) => name).includes("u/out/3"), false);
});

test("only the inits of a run: configurations are stored and no quantum is run", async (t) => {
  const butler = await openFresh(t);
  const { labels } = await run(butler, { outputRun: "u/out/1", initOnly: true });
  assert.ok(labels.every(({ succeeded }) => succeeded === 0));
  assert.equal((await butler.queryDatasets("isr_config", { collections: "u/out/1" })).length, 1);
  assert.equal((await run(butler, { outputRun: "u/out/1" })).status, "succeeded");
});

test("a chain is ordered anew: its own runs, the inputs, the rest", async (t) => {
  const butler = await openFresh(t);
  for (const name of ["u/out/1", "old", "new"]) await butler.registerRun(name);
  await butler.registerCollection("u/out", "CHAINED");
  await butler.setChain("u/out", ["old", "u/out/1"]);
  const options = { output: "u/out", outputRun: "u/out/2", inputs: ["new"], rebase: true };
  assert.deepEqual((await planCollections(butler, options)).chain?.children, [
    "u/out/2",
    "u/out/1",
    "new",
    "old",
  ]);
});

test("what cannot be replaced is refused", async (t) => {
  const butler = await openFresh(t);
  for (const options of [
    { output: "u/none", replaceRun: true },
    { outputRun: "r", replaceRun: true },
    { output: "u/none", pruneReplaced: "purge" as const },
  ]) {
    await assert.rejects(planCollections(butler, options), (error) =>
      isAlmagestError(error, "PIPELINE.RUN_INVALID"),
    );
  }
});
