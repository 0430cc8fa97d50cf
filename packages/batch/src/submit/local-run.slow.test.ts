import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  await system.submit(submission, { command, worker: command });
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
  await system.submit(submission, { command, worker: command });
  const statuses = await system.status(submission);
  assert.deepEqual(
    statuses.map(({ state }) => state),
    ["SUCCEEDED", "FAILED", "PRUNED", "SUCCEEDED", "PRUNED"],
  );
  assert.equal(statuses[0]!.retries, 1);
  const report = reportSubmission(submission, statuses);
  assert.equal(report.flag, "");
  assert.equal(report.percentSucceeded, 40);
  assert.deepEqual(report.failures, [{ cause: "told to fail", kind: "payload", count: 1 }]);
  assert.deepEqual(report.labels[0]!.quanta, { succeeded: 3, failed: 1, blocked: 0 });
  const untouched = readFileSync(join(submission.folder, "results", "perExposure_2.json"), "utf8");

  rmSync(join(folder, "fail-1-2"));
  await system.submit(submission, { command, worker: command });
  assert.ok((await system.status(submission)).every(({ state }) => state === "SUCCEEDED"));
  assert.equal(readFileSync(join(submission.folder, "results", "perExposure_2.json"), "utf8"), untouched);
  assert.deepEqual(await readTotal(folder), { value: 2 * (11 + 12 + 21 + 22) });
  const again = readJobResult(submission.folder, "byDetector_2")!;
  assert.equal(again.costs.double!.count, 1, "the quantum that had succeeded ran again");
  assert.ok(existsSync(join(submission.folder, "logs", "byDetector", "byDetector_2.log")));
});

test("a stored graph is run as it is, or moved to another run; its jobs need neither pipeline file nor query", async () => {
  const { folder, submission } = await submitNumbers("", { exposures: 2, detectors: 2 });
  const file = join(folder, "given.qg");
  copyFileSync(join(submission.folder, submission.facts.graphFile), file);
  rmSync(join(folder, "pipeline.yaml"));
  const submitGiven = async (outputRun: string): Promise<Submission> => {
    const submit = join(folder, "given.yaml");
    writeFileSync(
      submit,
      `qgraphFile: ${file}
submitPath: ${folder}/submit-{outputRun}
payload: {payloadName: given, butlerConfig: ${folder}/repo, output: u/me, outputRun: ${outputRun}}
`,
    );
    await using butler = await openNumbers(join(folder, "repo"));
    const options = { config: openSubmitFile(submit), butler, runtimeModule: NUMBERS_URL };
    const given = await prepareSubmission(options);
    await initialiseRun(given, options);
    await findSystem("local").submit(given, { command, worker: command });
    const states = await findSystem("local").status(given);
    assert.ok(
      states.every(({ state }) => state === "SUCCEEDED"),
      JSON.stringify(states),
    );
    return given;
  };
  const idsOf = ({ workflow }: Submission): string[] =>
    workflow.jobs.flatMap(({ quanta }) => quanta.map(({ id }) => id));
  const same = await submitGiven("u/me/run");
  assert.deepEqual(idsOf(same), idsOf(submission));
  const moved = await submitGiven("u/me/other");
  assert.equal(moved.facts.outputRun, "u/me/other");
  assert.equal(new Set([...idsOf(moved), ...idsOf(same)]).size, 2 * idsOf(same).length);
  await using butler = await openNumbers(join(folder, "repo"));
  for (const run of ["u/me/run", "u/me/other"]) {
    const total = await butler.get("total", { instrument: "Num" }, { collections: run });
    assert.deepEqual(total, { value: 2 * (11 + 12 + 21 + 22) });
  }
});

test("extraQgraphOptions select tasks, set configuration and narrow the query; unknown ones are refused", async () => {
  const extra = `extraQgraphOptions: '-c double:waitMs=1 --select-tasks "~total" -d "detector IN (2)" --clobber-outputs'\n`;
  const { submission } = await submitNumbers(extra, { exposures: 2, detectors: 2 });
  assert.deepEqual(
    submission.workflow.jobs.map(({ label, tags }) =>
      `${label} ${tags.exposure} ${tags.detector ?? ""}`.trim(),
    ),
    ["double 1 2", "double 2 2", "sum 1", "sum 2"],
  );
  await assert.rejects(
    submitNumbers("extraQgraphOptions: --no-such-thing\n", { exposures: 1, detectors: 1 }),
    (error) => isAlmagestError(error, "BATCH.UNSUPPORTED") && /--no-such-thing/.test(error.message),
  );
});

test("jobs run in the order that the submit file asks for; with blocking, a failure keeps the later groups back", async () => {
  const { folder, submission } = await submitNumbers(
    `ordering: {nights: {labels: "double,sum", dimensions: exposure, blocking: true}}\n`,
    { exposures: 2, detectors: 2 },
  );
  const statesOf = async (): Promise<string[]> =>
    (await findSystem("local").status(submission)).map(({ name, state }) => `${name} ${state}`);
  const { jobs } = submission.workflow;
  const seams = jobs.flatMap(({ name, kind }) => (kind === "NOOP" ? [name] : []));
  assert.deepEqual(seams.sort(), [
    ...["group_nights_1", "group_nights_1_end", "group_nights_2", "group_nights_2_end"],
  ]);
  writeFileSync(join(folder, "fail-1-2"), "");
  await findSystem("local").submit(submission, { command, worker: command });
  assert.deepEqual((await statesOf()).filter((line) => /double/.test(line)).sort(), [
    "0_double_r_1_1 SUCCEEDED",
    "1_double_r_2_1 PRUNED",
    "2_double_r_1_2 FAILED",
    "3_double_r_2_2 PRUNED",
  ]);
  rmSync(join(folder, "fail-1-2"));
  await findSystem("local").submit(submission, { command, worker: command });
  assert.ok(
    (await statesOf()).every((line) => line.endsWith("SUCCEEDED")),
    (await statesOf()).join(", "),
  );
  assert.deepEqual(await readTotal(folder), { value: 2 * (11 + 12 + 21 + 22) });
  const report = reportSubmission(submission, await findSystem("local").status(submission));
  assert.deepEqual(
    report.labels.map(({ label, expected }) => `${label} ${expected}`),
    ["double 4", "sum 2", "total 1"],
  );
});
