import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { SURVEY_YAML } from "../fixtures/numeric-tasks.ts";
import { createSurvey } from "../fixtures/synthetic-repository.ts";
import { parsePipeline } from "../pipeline/load-pipeline.ts";
import { openGraphFile } from "../qg/open-graph-file.ts";
import { writeGraphFile } from "../qg/write-graph-file.ts";
import { runGraphFile } from "../run/run-graph-file.ts";
import { preparePipeline } from "../run/run-pipeline.ts";
import { openProvenanceFile } from "./open-provenance-file.ts";
import { ATTEMPT_STATUS, type ProvenanceQuantumModel } from "./provenance-models.ts";
import { writeProvenanceFile } from "./write-provenance-file.ts";

const SURVEY = { visits: 2, detectors: 3, bands: 2, tracts: 1, patches: 4, patchesPerDetector: 2 };
const runtimeModule = new URL("../fixtures/numeric-tasks.ts", import.meta.url);

test("what became of a graph is written as a provenance graph: attempts, caveats, makers and readers, logs", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-provenance-"));
  const butler = await createSurvey(join(folder, "repo"), SURVEY);
  t.after(async () => {
    await butler.close();
    rmSync(folder, { recursive: true });
  });
  const yaml = SURVEY_YAML.replace(
    "lsst.ip.isr.IsrTaskLSST",
    '{class: isr, config: {failOn: "exposure=1 detector=1", noWorkOn: "exposure=2 detector=2"}}',
  );
  const path = join(folder, "survey.qg");
  const { quanta } = await preparePipeline({
    butler,
    pipeline: await parsePipeline(yaml),
    runtimeModule,
    where: "instrument='SynCam' AND skymap='grid'",
    inputs: ["defaults"],
    outputRun: "out",
  });
  await writeGraphFile(quanta, { butler, path });
  await using graph = await openGraphFile(path);
  const target = join(folder, "provenance.qg");

  // Before anything ran, nothing is known.
  const before = await writeProvenanceFile(graph, { source: butler, path: target });
  assert.equal(before.succeeded + before.failed, 0);
  assert.ok(before.unknown > 0 && before.blocked > 0);

  const summary = await runGraphFile({ butler, path, runtimeModule, workers: 0, retries: 1 });
  assert.equal(summary.status, "failed");
  const written = await writeProvenanceFile(graph, { source: butler, path: target });
  const sum = (key: "succeeded" | "failed" | "blocked"): number =>
    summary.labels.reduce((total, label) => total + label[key], 0);
  assert.deepEqual(written, {
    succeeded: sum("succeeded"),
    failed: sum("failed"),
    blocked: sum("blocked"),
    unknown: 0,
  });
  assert.ok(written.blocked > 0);

  await using file = await openProvenanceFile(target);
  assert.equal(file.header.graph_type, "provenance");
  assert.equal(file.header.output_run, "out");
  const all = await Array.fromAsync(file.readQuanta());
  assert.equal(all.length, file.header.n_quanta);
  // The values of exposure and detector, which are the same here.
  const isr = (number: number): ProvenanceQuantumModel =>
    all.find(
      ({ task_label, data_coordinate: [, one, other] }) =>
        task_label === "isr" && one === number && other === number,
    )!;
  const failed = isr(1);
  assert.deepEqual(
    failed.attempts.map(({ attempt, status, exception }) => [attempt, status, exception?.message]),
    [
      [0, ATTEMPT_STATUS.failed, undefined],
      [1, ATTEMPT_STATUS.failed, "told to fail on exposure=1 detector=1"],
    ],
  );
  const [nothing] = isr(2).attempts;
  assert.deepEqual([nothing!.status, nothing!.caveats], [ATTEMPT_STATUS.successful, 1 + 2 + 4]);
  assert.ok(nothing!.resource_usage!.memory > 0 && nothing!.resource_usage!.run_time >= 0);
  assert.equal((await file.readMetadata(failed.quantum_id))!.attempts.at(-1), null);
  const [logId = ""] = failed.outputs._log!;
  const logs = (await file.readLogs(logId))!;
  assert.deepEqual(await file.readLogs(failed.quantum_id), logs);
  assert.match(logs.attempts.at(-1)!.at(-1)!.message, /told to fail/);
  const done = all.find(({ attempts }) => attempts[0]?.caveats === 0)!;
  assert.ok((await file.readMetadata(done.quantum_id))!.attempts[0]!.metadata.quantum);

  const datasets = new Map((await Array.fromAsync(file.readDatasets())).map((one) => [one.dataset_id, one]));
  assert.equal(datasets.size, file.header.n_datasets - 1, "all but the versions");
  for (const { quantum_id, inputs, outputs } of all) {
    for (const id of Object.values(inputs).flat())
      assert.ok(datasets.get(id)!.consumers.includes(quantum_id));
    for (const id of Object.values(outputs).flat()) assert.equal(datasets.get(id)!.producer, quantum_id);
  }
  const made = (await butler.getDatasets([...datasets.keys()])).map(({ id }) => id);
  const claimed = [...datasets.values()].flatMap((one) => (one.produced ? [one.dataset_id] : []));
  assert.deepEqual(claimed.sort(), made.sort());
  const [one] = await Array.fromAsync(file.readDatasets([logId]));
  assert.equal(one!.dataset_type_name, "isr_log");
  assert.equal((await file.readPackages()).almagest !== undefined, true);
  assert.equal((await file.readInitQuanta()).length, Object.keys((await file.readPipeline()).tasks).length);
  await assert.rejects(openProvenanceFile(path), (error) => isAlmagestError(error, "PIPELINE.QG_INVALID"));
  await assert.rejects(openGraphFile(target), (error) => isAlmagestError(error, "PIPELINE.QG_INVALID"));
});
