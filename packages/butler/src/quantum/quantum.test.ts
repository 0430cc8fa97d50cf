import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import type { Butler } from "../butler.ts";
import { openSmallSurvey } from "../testing/small-survey.ts";
import { testOnEach } from "../testing/tested-registries.ts";
import type { DataId, DatasetRef } from "../types.ts";
import { formatDatastoreRecords, parseDatastoreRecords } from "./datastore-records.ts";
import { describeQuantum, openQuantumButler, type PredictedDataset } from "./describe-quantum.ts";
import { ingestWritten } from "./ingest-written.ts";

/** What a quantum graph holds of datasets, made while the database can be asked. */
async function predict(butler: Butler, refs: readonly DatasetRef[]): Promise<PredictedDataset[]> {
  const foretold: PredictedDataset[] = [];
  for (const ref of refs) {
    const group = butler.universe.completeGroup(ref.datasetType.dimensions);
    const [data] = await butler.expandDataIds([ref.dataId], group);
    foretold.push({ ref, dataId: data!.dataId, records: data!.records });
  }
  return foretold;
}

const at = (exposure: number, detector: number): DataId => ({ instrument: "Cam", exposure, detector });
const imageAt = (visit: number, detector: number): DataId => ({ instrument: "Cam", visit, detector });

testOnEach(
  "a quantum is described by its graph alone; what it wrote is ingested later and again",
  async (t) => {
    const butler = await openSmallSurvey(t);
    await butler.registerRun("run/raw");
    const raw = await butler.put({ raw: 7 }, "raw", at(1, 2), { run: "run/raw" });
    const files = (await butler.storedFiles([raw])).flat();
    const image = await butler.getDatasetType("image");
    const [first, second, never] = await predict(
      butler,
      butler.makeRefs(
        [1, 2, 3].map((visit) => ({ datasetType: image, dataId: imageAt(visit, 2) })),
        "run/new",
      ),
    );
    const name = "FileDatastore@<butlerRoot>";
    const datastoreRecords = JSON.parse(
      JSON.stringify(formatDatastoreRecords(files, { name, table: "file_datastore_records" })),
    );
    const { universe } = butler;
    const inputs = await predict(butler, [raw]);
    const one = await openQuantumButler(butler.root, {
      universe,
      inputs,
      outputs: [first!],
      datastoreRecords,
    });
    assert.deepEqual(await one.get(raw), { raw: 7 });
    assert.equal(await one.exists(first!.ref), false);
    await one.put({ image: 1 }, first!.ref);
    await one.put({ image: 1, again: true }, first!.ref);
    // What an earlier quantum wrote has no record: it is where a new file would be.
    const two = await openQuantumButler(butler.root, { universe, inputs: [first!], outputs: [second!] });
    assert.equal(await two.exists(first!.ref), true);
    assert.deepEqual(await two.get(first!.ref), { image: 1, again: true });
    await two.put({ image: 2 }, second!.ref);
    assert.deepEqual(
      parseDatastoreRecords(two.datastoreRecords(), name).get(second!.ref.id)?.[0]?.sizeBytes,
      two.written()[0]?.sizeBytes,
    );

    const source = { universe, inputs: [], outputs: [first!, second!, never!] };
    const { outputs } = await describeQuantum(butler.root, source);
    const asked = await ingestWritten(butler, outputs, { dryRun: true });
    assert.deepEqual(asked, [first!.ref, second!.ref]);
    assert.equal((await butler.getDatasets([first!.ref.id])).length, 0);
    const seen: number[] = [];
    const onProgress = (done: number): unknown => seen.push(done);
    assert.equal((await ingestWritten(butler, outputs, { batch: 1, onProgress })).length, 2);
    assert.deepEqual(seen, [1, 2, 3]);
    assert.deepEqual(await ingestWritten(butler, outputs), []);
    assert.deepEqual(await butler.get(first!.ref), { image: 1, again: true });
    assert.deepEqual(await butler.get("image", imageAt(2, 2), { collections: "run/new" }), { image: 2 });
    const report = await butler.check({ checksums: true, graceMs: 0 });
    assert.deepEqual([report.clean, report.checked], [true, 3]);
  },
);

testOnEach("outputs bring their types and records into a repository that lacks them", async (t) => {
  const butler = await openSmallSurvey(t);
  const visits = [
    { instrument: "Cam", id: 7, day_obs: 20260101, physical_filter: "Cam-r", name: "V7", exposure_time: 30 },
  ];
  const records = Object.fromEntries(
    Object.entries((await predict(butler, [{ ...refOf(1), dataId: imageAt(1, 0) }]))[0]!.records).filter(
      ([element]) => element !== "visit_detector_region",
    ),
  );
  const ref = refOf(7);
  const foretold: PredictedDataset = {
    ref,
    dataId: { ...imageAt(7, 0), day_obs: 20260101, physical_filter: "Cam-r", band: "r" },
    records: { ...records, visit: visits[0]! },
  };
  const source = { universe: butler.universe, inputs: [], outputs: [foretold] };
  const quantum = await openQuantumButler(butler.root, source);
  await quantum.put({ new: true }, ref);
  const { outputs } = await describeQuantum(butler.root, source);
  await assert.rejects(ingestWritten(butler, outputs), (error) =>
    isAlmagestError(error, "BUTLER.DATASET_TYPE_MISSING"),
  );
  assert.equal((await ingestWritten(butler, outputs, { registerTypes: true })).length, 1);
  assert.deepEqual(await butler.get("fresh", imageAt(7, 0), { collections: "run/new" }), { new: true });
  await rm((await butler.getUri(ref)).slice("file://".length));
  assert.equal(await quantum.exists(ref), false);
});

function refOf(visit: number): DatasetRef {
  const datasetType = {
    name: "fresh",
    dimensions: ["visit", "detector"],
    storageClass: "StructuredDataDict",
    isCalibration: false,
  };
  return { id: crypto.randomUUID(), datasetType, dataId: imageAt(visit, 0), run: "run/new" };
}

test("records that are no records are refused", () => {
  for (const wrong of [
    { x: 1 },
    { x: { records: { c: { ab: { t: "no" } } } } },
    { x: { records: { c: { ab: { t: [{}] } } } } },
  ]) {
    assert.throws(
      () => parseDatastoreRecords(wrong, "x"),
      (error) => isAlmagestError(error, "BUTLER.IMPORT_INVALID"),
    );
  }
  assert.equal(parseDatastoreRecords({ x: { records: {} } }, "y").size, 0);
});
