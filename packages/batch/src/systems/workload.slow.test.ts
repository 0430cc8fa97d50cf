import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlmagestError } from "@almagest/base";
import { laptopConfig, startService } from "@almagest/workload";
import { openSubmitFile } from "../config/submit-config.ts";
import { createNumbers, NUMBERS_URL, openNumbers } from "../fixtures/numbers.ts";
import { initialiseRun, prepareSubmission } from "../submit/prepare-submission.ts";
import { reportSubmission } from "../submit/report.ts";
import type { JobState } from "./job-state.ts";
import { findSystem } from "./systems.ts";
import { readWorkloadRecord, writeWorkloadRecord } from "./workload-record.ts";

const skip = process.platform === "linux" ? false : "needs Linux: /proc";
const worker = [process.execPath, join(import.meta.dirname, "../fixtures/run-many.ts")];

test("a workload manager runs a submission on warm workers; failures, restart, cancel and repeated submission", {
  skip,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-batch-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await createNumbers(folder, { exposures: 2, detectors: 2 });
  const file = join(folder, "submit.yaml");
  writeFileSync(
    file,
    `pipelineYaml: ${folder}/pipeline.yaml
wmsServiceClass: lsst.ctrl.bps.panda.PanDAService
computeSite: here
site: {here: {server: ${folder}/manager, facility: here}}
submitPath: ${folder}/submit
requestMemory: 500
payload: {payloadName: numbers, butlerConfig: ${folder}/repo, inCollection: raw, output: u/me, outputRun: u/me/run}
`,
  );
  await using butler = await openNumbers(join(folder, "repo"));
  const options = { config: openSubmitFile(file), butler, runtimeModule: NUMBERS_URL };
  const submission = await prepareSubmission(options);
  await initialiseRun(submission, options);
  const system = findSystem(submission.facts.system);
  const tools = { command: [], worker };
  await assert.rejects(system.submit(submission, tools), (error) =>
    isAlmagestError(error, "WORKLOAD.UNREACHABLE"),
  );
  await using service = await startService({ folder: join(folder, "manager"), config: laptopConfig(2) });
  const finish = async (): Promise<JobState[]> => {
    while (await system.advance!(submission, tools)) await sleep(50);
    return (await system.status(submission)).map(({ state }) => state);
  };
  writeFileSync(join(folder, "fail-1-2"), "");
  await system.submit(submission, tools);
  assert.deepEqual(await finish(), [
    ...["SUCCEEDED", "SUCCEEDED", "FAILED", "SUCCEEDED"],
    ...["PRUNED", "SUCCEEDED", "PRUNED"],
  ]);
  const report = reportSubmission(submission, await system.status(submission));
  assert.deepEqual(report.failures, [{ cause: "told to fail", kind: "payload", count: 1 }]);

  // A submitter that dies before it hears the answer submits the same again, and it is one submission.
  rmSync(join(folder, "fail-1-2"));
  await service.manager.defineQueue({ ...service.manager.queues()[0]!, status: "drain" });
  await system.submit(submission, tools);
  const { accepted, ...record } = readWorkloadRecord(submission.folder)!;
  writeWorkloadRecord(submission.folder, record);
  await system.submit(submission, tools);
  assert.deepEqual(readWorkloadRecord(submission.folder), { ...record, accepted });
  assert.equal(record.jobs.length, 3);

  assert.equal(await system.cancel(submission), 3);
  assert.deepEqual((await finish()).slice(4), ["DELETED", "SUCCEEDED", "DELETED"]);
  await service.manager.defineQueue({ ...service.manager.queues()[0]!, status: "online" });
  await system.submit(submission, tools);
  assert.ok((await finish()).every((state) => state === "SUCCEEDED"));
  const total = await butler.get("total", { instrument: "Num" }, { collections: "u/me" });
  assert.deepEqual(total, { value: 2 * (11 + 12 + 21 + 22) });
});
