import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { openSubmitFile } from "../config/submit-config.ts";
import { createNumbers, NUMBERS_URL, openNumbers } from "../fixtures/numbers.ts";
import { readJobResult } from "../job/job-result.ts";
import { findSystem } from "../systems/systems.ts";
import { initialiseRun, prepareSubmission } from "./prepare-submission.ts";
import { reportSubmission } from "./report.ts";
import { readSubmission, type Submission } from "./submission.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const command = [process.execPath, join(import.meta.dirname, "..", "fixtures", "run-one.ts")];

async function submitNumbers(
  extra: string,
  survey: { exposures: number; detectors: number },
): Promise<{ folder: string; submission: Submission }> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-batch-"));
  folders.push(folder);
  await createNumbers(folder, survey);
  const submit = join(folder, "submit.yaml");
  writeFileSync(
    submit,
    `pipelineYaml: ${folder}/pipeline.yaml
submitPath: ${folder}/submit
computeSite: here
site: {here: {nodes: 2}}
payload:
  payloadName: numbers
  butlerConfig: ${folder}/repo
  inCollection: raw
  outputRun: u/me/run
  output: u/me
  dataQuery: "instrument = 'Num' AND exposure < 3"
${extra}`,
  );
  const config = openSubmitFile(submit);
  await using butler = await openNumbers(join(folder, "repo"));
  const options = { config, butler, runtimeModule: NUMBERS_URL };
  const submission = await prepareSubmission(options);
  await initialiseRun(submission, options);
  return { folder, submission };
}

async function readTotal(folder: string): Promise<unknown> {
  await using butler = await openNumbers(join(folder, "repo"));
  return await butler.get("total", { instrument: "Num" }, { collections: "u/me" });
}

test("a submission runs in processes of its own, one job per quantum, and only on the data asked for", async () => {
  const { folder, submission } = await submitNumbers("", { exposures: 3, detectors: 1 });
  assert.equal(submission.workflow.jobs.length, 2 + 2 + 1);
  const system = findSystem(submission.facts.system);
  await system.submit(submission, { command });
  const statuses = await system.status(readSubmission(submission.folder));
  assert.ok(
    statuses.every(({ state }) => state === "SUCCEEDED"),
    JSON.stringify(statuses),
  );
  assert.deepEqual(await readTotal(folder), { value: 2 * (11 + 21) });
  await using butler = await openNumbers(join(folder, "repo"));
  const again = { config: openSubmitFile(join(folder, "submit.yaml")), butler, runtimeModule: NUMBERS_URL };
  await assert.rejects(prepareSubmission(again), (error) =>
    isAlmagestError(error, "BATCH.SUBMISSION_EXISTS"),
  );
});

test("in a cluster a failed quantum blocks only what reads it; after a mend, restart does the rest", async () => {
  const { folder, submission } = await submitNumbers(
    `clusterAlgorithm: lsst.ctrl.bps.quantum_clustering_funcs.dimension_clustering
cluster:
  byDetector: {pipetasks: double, dimensions: detector}
  perExposure: {pipetasks: sum, dimensions: exposure}
`,
    { exposures: 2, detectors: 2 },
  );
  assert.deepEqual(
    submission.workflow.jobs.map(({ name }) => name),
    ["byDetector_1", "byDetector_2", "perExposure_1", "perExposure_2", "6_total"],
  );
  writeFileSync(join(folder, "fail-1-2"), "");
  // One job dies with its machine: it is tried again.
  writeFileSync(join(submission.folder, "crash-byDetector_1"), "");
  const system = findSystem("local");
  await system.submit(submission, { command });
  const statuses = await system.status(submission);
  assert.deepEqual(
    statuses.map(({ state }) => state),
    ["SUCCEEDED", "FAILED", "PRUNED", "SUCCEEDED", "PRUNED"],
  );
  assert.equal(statuses[0]!.retries, 1);
  const report = reportSubmission(submission, statuses);
  assert.equal(report.flag, "F");
  assert.equal(report.percentSucceeded, 40);
  assert.deepEqual(report.failures, [{ cause: "told to fail", kind: "payload", count: 1 }]);
  assert.deepEqual(report.labels[0]!.quanta, { succeeded: 3, failed: 1, blocked: 0 });
  const untouched = readFileSync(join(submission.folder, "results", "perExposure_2.json"), "utf8");

  rmSync(join(folder, "fail-1-2"));
  await system.submit(submission, { command });
  assert.ok((await system.status(submission)).every(({ state }) => state === "SUCCEEDED"));
  assert.equal(readFileSync(join(submission.folder, "results", "perExposure_2.json"), "utf8"), untouched);
  assert.deepEqual(await readTotal(folder), { value: 2 * (11 + 12 + 21 + 22) });
  const again = readJobResult(submission.folder, "byDetector_2")!;
  assert.equal(again.costs.double!.count, 1, "the quantum that had succeeded ran again");
  assert.ok(existsSync(join(submission.folder, "logs", "byDetector", "byDetector_2.log")));
});
