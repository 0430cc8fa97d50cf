import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { createUniverse, describeQuantum, type UniverseConfig } from "@almagest/butler";
import { formatters, SURVEY_YAML } from "../fixtures/numeric-tasks.ts";
import { createSurvey, openSurvey } from "../fixtures/synthetic-repository.ts";
import { parsePipeline } from "../pipeline/load-pipeline.ts";
import { openGraphFile } from "../qg/open-graph-file.ts";
import { predictOutputs } from "../qg/predicted-datasets.ts";
import { transferFromGraph } from "../qg/transfer-from-graph.ts";
import { writeGraphFile } from "../qg/write-graph-file.ts";
import { runQuantumBacked } from "./run-graph-file.ts";
import { preparePipeline, runPipeline } from "./run-pipeline.ts";

const SURVEY = { visits: 3, detectors: 3, bands: 2, tracts: 1, patches: 4, patchesPerDetector: 2 };
const runtimeModule = new URL("../fixtures/numeric-tasks.ts", import.meta.url);
const DRIVER = new URL("../fixtures/driver.ts", import.meta.url).pathname;

interface Prepared {
  readonly location: string;
  readonly path: string;
  /** Takes the database away, and puts it back. */
  hide(): void;
  show(): void;
}

/** A repository with a graph for the run `files/run`, and what the same pipeline gives in the run `direct`. */
async function prepare(t: TestContext, yaml = SURVEY_YAML): Promise<Prepared> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-qbb-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const location = join(folder, "repo");
  await using butler = await createSurvey(location, SURVEY);
  const plan = {
    butler,
    pipeline: await parsePipeline(yaml),
    runtimeModule,
    where: "instrument='SynCam' AND skymap='grid'",
    inputs: ["defaults"],
  };
  const { quanta } = await preparePipeline({ ...plan, output: "files", outputRun: "files/run" });
  const path = join(folder, "survey.qg");
  await writeGraphFile(quanta, { butler, path, location, output: "files" });
  await runPipeline({ ...plan, outputRun: "direct", workers: 0 });
  const database = join(location, "gen3.sqlite3");
  return {
    location,
    path,
    hide: () => renameSync(database, `${database}.away`),
    show: () => renameSync(`${database}.away`, database),
  };
}

/** Registers what the graph's quanta wrote; it must be the products of the direct run under the ids foretold, and no file
 * besides. */
async function checkProducts({ location, path }: Prepared): Promise<void> {
  await using butler = await openSurvey(location);
  await using file = await openGraphFile(path);
  const brought = await transferFromGraph(file, { butler, location, formatters, updateChain: true });
  const { universe } = butler;
  const foretold = new Set<string>();
  for await (const page of predictOutputs(file, universe)) for (const { ref } of page) foretold.add(ref.id);
  assert.deepEqual(new Set(brought.map(({ id }) => id)), foretold);
  const products = async (run: string): Promise<string[]> => {
    const values: string[] = [];
    for (const { name } of await butler.queryDatasetTypes()) {
      if (name === "packages" || /_(config|metadata|log)$/.test(name)) continue;
      for (const ref of await butler.queryDatasets(name, { collections: run }))
        values.push(`${name} ${JSON.stringify(ref.dataId)} ${JSON.stringify(await butler.get(ref))}`);
    }
    return values.sort();
  };
  const found = await products("files/run");
  assert.ok(found.length > 20);
  assert.deepEqual(found, await products("direct"));
  assert.equal((await butler.getCollection("files")).children?.[0], "files/run");
  assert.equal((await butler.check({ checksums: true, graceMs: 0 })).clean, true);
}

test("a graph runs on files alone, whole or by chosen quanta, and its outputs are registered afterwards", async (t) => {
  const prepared = await prepare(t);
  const { location, path } = prepared;
  prepared.hide();
  const run = (quantumIds?: readonly string[]) =>
    runQuantumBacked({ path, location, runtimeModule, workers: 0, ...(quantumIds ? { quantumIds } : {}) });
  await using file = await openGraphFile(path);
  const { quanta } = await file.readThinGraph();
  const idsOf = (label: string): string[] => quanta[label]!.map(({ quantum_id }) => quantum_id);
  await assert.rejects(run(idsOf("calibrateImage")), (error) =>
    isAlmagestError(error, "PIPELINE.INPUTS_PENDING"),
  );
  const init = await runQuantumBacked({ path, location, runtimeModule, workers: 0, initOnly: true });
  assert.equal(init.status, "succeeded");
  const [one = "", two = ""] = idsOf("isr");
  const first = await run([one]);
  assert.equal(first.labels.find(({ label }) => label === "isr")!.succeeded, 1);
  const second = await run([one, two]);
  const isr = second.labels.find(({ label }) => label === "isr")!;
  assert.deepEqual([isr.skipped, isr.succeeded], [1, 1]);
  const rest = await run();
  assert.equal(rest.status, "succeeded");
  assert.equal(rest.labels.find(({ label }) => label === "isr")!.skipped, 2);
  const again = await run();
  assert.equal(
    again.labels.reduce((sum, { skipped }) => sum + skipped, 0),
    file.header.n_quanta,
  );
  assert.equal(existsSync(join(location, "gen3.sqlite3")), false, "no database was made");
  prepared.show();
  await checkProducts(prepared);
});

test("what a failed attempt left on files alone is replaced", async (t) => {
  const prepared = await prepare(t);
  const { location, path } = prepared;
  prepared.hide();
  const run = () => runQuantumBacked({ path, location, runtimeModule, workers: 0 });
  assert.equal((await run()).status, "succeeded");
  // As a killed attempt leaves it: an output without the quantum's metadata.
  await using file = await openGraphFile(path);
  const { dimensions } = await file.readPipeline();
  const universe = createUniverse(dimensions as UniverseConfig);
  const pages = await Array.fromAsync(predictOutputs(file, universe));
  const isr = pages.flat().filter(({ ref }) => /^(isr_metadata|post_isr_image)$/.test(ref.datasetType.name));
  const { outputs } = await describeQuantum(location, { universe, inputs: [], outputs: isr, formatters });
  const one = outputs.find(({ ref }) => ref.datasetType.name === "isr_metadata")!;
  const its = outputs.find(
    ({ ref }) =>
      ref.datasetType.name === "post_isr_image" &&
      universe.dataIdKey(ref.dataId, universe.completeGroup(["exposure", "detector"])) ===
        universe.dataIdKey(one.ref.dataId, universe.completeGroup(["exposure", "detector"])),
  )!;
  rmSync(join(location, one.path));
  writeFileSync(join(location, its.path), "half");
  const summary = await run();
  assert.equal(summary.labels.find(({ label }) => label === "isr")!.succeeded, 1);
  assert.notEqual(readFileSync(join(location, its.path), "utf8"), "half");
  prepared.show();
  await checkProducts(prepared);
});

test("a run on files alone that is killed goes on where it was", async (t) => {
  const prepared = await prepare(t);
  const { location, path } = prepared;
  prepared.hide();
  for (const after of [3, 9, 20]) {
    const child = spawn(process.execPath, [DRIVER, location, "", "2", path], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    let lines = 0;
    for await (const _line of createInterface(child.stdout)) if (++lines === after) child.kill("SIGKILL");
  }
  const rest = await runQuantumBacked({ path, location, runtimeModule, workers: 2 });
  assert.equal(rest.status, "succeeded");
  prepared.show();
  await checkProducts(prepared);
});
