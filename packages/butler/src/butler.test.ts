import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isAlmagestError } from "@almagest/base";
import { createFormatterRegistry } from "./formatter-registry.ts";
import { createQuantumButler } from "./quantum-butler.ts";
import { FIRST_EXPOSURE, openSmallSurvey } from "./testing/small-survey.ts";
import { testOnEach } from "./testing/tested-registries.ts";

const cam = { instrument: "Cam" };

testOnEach("what is put is got, by reference, data id and component", async (t) => {
  const butler = await openSmallSurvey(t);
  const value = { a: 1.5, list: [1, 2, 3], name: "naïve ☂" };
  const ref = await butler.put(value, "image", { ...cam, visit: 1, detector: 2 });
  assert.deepEqual(await butler.get(ref), value);
  assert.deepEqual(await butler.get("image", { ...cam, visit: 1, detector: 2 }), value);
  assert.equal(await butler.get("image.a", { ...cam, visit: 1, detector: 2 }), 1.5);
  assert.equal(await butler.exists(ref), true);
  const path = fileURLToPath(await butler.getUri(ref));
  assert.equal(path, join(butler.root, "run/a/image/20260101/r/Cam-r/1/image_Cam_r_Cam-r_1_D2_run_a.yaml"));
  await butler.put({}, "settings", {});
  assert.deepEqual(await butler.get("settings", {}), {});
});

testOnEach("a second dataset for one run, type and data id is refused and changes nothing", async (t) => {
  const butler = await openSmallSurvey(t);
  const dataId = { ...cam, visit: 1, detector: 0 };
  const ref = await butler.put({ first: true }, "image", dataId);
  await assert.rejects(butler.put({ second: true }, "image", dataId), (error) =>
    isAlmagestError(error, "BUTLER.DATASET_CONFLICT"),
  );
  const racing = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) => butler.put({ index }, "image", { ...dataId, detector: 1 })),
  );
  assert.equal(racing.filter((outcome) => outcome.status === "fulfilled").length, 1);
  const winner = racing.findIndex((outcome) => outcome.status === "fulfilled");
  assert.deepEqual(await butler.get("image", { ...dataId, detector: 1 }), { index: winner });
  assert.deepEqual(await butler.get(ref), { first: true });
});

testOnEach("a file that a crashed writer left behind gives way", async (t) => {
  const butler = await openSmallSurvey(t);
  const dataId = { ...cam, visit: 1, detector: 0 };
  const [planned] = await butler.planOutputs(
    butler.makeRefs([{ datasetType: await butler.getDatasetType("image"), dataId }], "run/a"),
  );
  await butler.put({ other: 1 }, "image", { ...dataId, detector: 1 });
  await writeFile(join(butler.root, planned!.path), "half: ");
  await butler.put({ whole: true }, "image", dataId);
  assert.deepEqual(await butler.get("image", dataId), { whole: true });
});

testOnEach("a failed transaction leaves neither rows nor files", async (t) => {
  const butler = await openSmallSurvey(t);
  let path = "";
  await assert.rejects(
    butler.transaction(async () => {
      const ref = await butler.put({ x: 1 }, "image", { ...cam, visit: 2, detector: 0 });
      path = fileURLToPath(await butler.getUri(ref));
      await butler.registerCollection("tag", "TAGGED");
      await butler.associate("tag", [ref]);
      throw new Error("no");
    }),
    /^Error: no$/,
  );
  await assert.rejects(readFile(path), { code: "ENOENT" });
  assert.equal(await butler.findDataset("image", { ...cam, visit: 2, detector: 0 }), undefined);
  assert.deepEqual(await butler.queryCollections("tag*"), []);
  await butler.put({ x: 2 }, "image", { ...cam, visit: 2, detector: 0 });
});

testOnEach("a quantum reads and writes without a database, and its outputs are ingested once", async (t) => {
  const butler = await openSmallSurvey(t);
  const input = await butler.put({ raw: 7 }, "raw", { ...cam, exposure: 1, detector: 0 });
  const outputs = butler.makeRefs(
    [{ datasetType: await butler.getDatasetType("image"), dataId: { ...cam, visit: 1, detector: 0 } }],
    "run/a",
  );
  const description = structuredClone({
    root: butler.root,
    inputs: (await butler.locate([input])).filter((item) => item !== undefined),
    outputs: await butler.planOutputs(outputs),
  });
  const quantum = createQuantumButler(description, createFormatterRegistry());
  assert.deepEqual(await quantum.get(input), { raw: 7 });
  assert.equal(await quantum.exists(outputs[0]!), false);
  const record = await quantum.put({ image: 8 }, outputs[0]!);
  assert.equal(record.sizeBytes, 9);
  assert.match(record.checksum!, /^[0-9a-f]{128}$/);
  assert.deepEqual(await quantum.get(outputs[0]!), { image: 8 });
  await assert.rejects(quantum.get({ ...input, id: crypto.randomUUID() }), (error) =>
    isAlmagestError(error, "BUTLER.DATASET_MISSING"),
  );

  assert.deepEqual(await butler.ingestOutputs([record]), { inserted: 1, present: 0 });
  assert.deepEqual(await butler.ingestOutputs([record]), { inserted: 0, present: 1 });
  assert.deepEqual(await butler.get("image", { ...cam, visit: 1, detector: 0 }), { image: 8 });
  const rival = { ...record, ref: { ...record.ref, id: crypto.randomUUID() } };
  await assert.rejects(butler.ingestOutputs([rival]), (error) =>
    isAlmagestError(error, "BUTLER.DATASET_CONFLICT"),
  );
});

testOnEach("calibrations are found by time, refuse conflicts, and split when decertified", async (t) => {
  const butler = await openSmallSurvey(t);
  await butler.registerRun("calib/1");
  await butler.registerRun("calib/2");
  await butler.registerCollection("calib", "CALIBRATION");
  const one = await butler.put({ n: 1 }, "bias", { ...cam, detector: 0 }, { run: "calib/1" });
  const two = await butler.put({ n: 2 }, "bias", { ...cam, detector: 0 }, { run: "calib/2" });
  const lastTime = FIRST_EXPOSURE + 30n * 1_000_000_000n;
  const change = FIRST_EXPOSURE + 100n * 1_000_000_000n;
  await butler.certify("calib", [one], { end: change });
  await butler.certify("calib", [two], { begin: change });
  await assert.rejects(butler.certify("calib", [one], { begin: change - 1n, end: change }), (error) =>
    isAlmagestError(error, "BUTLER.CALIBRATION_CONFLICT"),
  );
  const find = async (exposure: number): Promise<string | undefined> =>
    (await butler.findDataset("bias", { ...cam, exposure, detector: 0 }, { collections: "calib" }))?.id;
  assert.equal(await find(1), one.id);
  assert.equal(await find(6), two.id);
  assert.equal(
    await butler.findDataset("bias", { ...cam, detector: 0 }, { collections: "calib" }),
    undefined,
  );
  const byQuery = await butler.queryDatasets("bias", { collections: "calib", where: "exposure = 6" });
  assert.deepEqual(
    byQuery.map((ref) => ref.id),
    [two.id],
  );

  await butler.decertify("calib", "bias", { begin: FIRST_EXPOSURE, end: lastTime });
  assert.equal(await find(1), undefined);
  const ranges = (await butler.queryAssociations("bias", "calib")).map(({ timespan }) => timespan!);
  ranges.sort((a, b) => Number((a.begin ?? 0n) - (b.begin ?? 0n)));
  assert.deepEqual(ranges, [{ end: FIRST_EXPOSURE }, { begin: lastTime, end: change }, { begin: change }]);
});

testOnEach("exposures meet visits, and detectors meet patches where they overlap on the sky", async (t) => {
  const butler = await openSmallSurvey(t);
  assert.deepEqual(await butler.queryDataIds(["exposure", "visit"], { where: "visit = 3" }), [
    { ...cam, exposure: 3, visit: 3 },
  ]);
  // Visit 1 covers RA 9.75–10.75: its left detectors touch the first patch only in their right halves.
  const rows = await butler.queryDataIds(["visit", "detector", "patch"], {
    where: "visit = 1",
    implied: true,
  });
  assert.deepEqual(
    rows.map(({ detector, patch, band }) => [detector, patch, band]),
    [
      [0, 0, "r"],
      [1, 0, "r"],
      [2, 0, "r"],
      [2, 4, "r"],
      [3, 0, "r"],
      [3, 4, "r"],
    ],
  );
  const { dimensions, rows: table } = await butler.queryDataIdTable(["tract", "patch", "band"], {
    where: "skymap = 'sky' AND instrument = 'Cam' AND visit = 2",
  });
  assert.deepEqual(dimensions, ["band", "skymap", "tract", "patch"]);
  assert.deepEqual(table, [
    ["i", "sky", 0, 0],
    ["i", "sky", 0, 1],
    ["i", "sky", 0, 4],
    ["i", "sky", 0, 5],
  ]);
  const pixels = await butler.queryDataIds(["htm7"], { dataId: { ...cam, visit: 1, detector: 0 } });
  assert.ok(pixels.length > 0 && pixels.every(({ htm7 }) => Number(htm7) >= 131072));
});

testOnEach("data ids may be limited to those with datasets", async (t) => {
  const butler = await openSmallSurvey(t);
  for (const exposure of [1, 2, 3]) {
    for (const detector of [0, 1]) await butler.put({}, "raw", { ...cam, exposure, detector });
  }
  const datasets = [{ datasetType: "raw", collections: "run/a" }];
  assert.equal((await butler.queryDataIds(["exposure", "detector"], { datasets })).length, 6);
  const joint = await butler.queryDataIds(["exposure", "visit", "detector", "patch"], {
    datasets,
    where: "band = 'r' AND detector = 0",
  });
  assert.deepEqual(
    joint.map(({ exposure, patch }) => [exposure, patch]),
    [
      [1, 0],
      [3, 0],
      [3, 1],
    ],
  );
  const found = await butler.findDatasets(
    "raw",
    [1, 2, 3, 4].map((exposure) => ({ ...cam, exposure, detector: 0 })),
  );
  assert.deepEqual(
    found.map((ref) => ref?.dataId.exposure),
    [1, 2, 3, undefined],
  );
});

testOnEach("streams give what queries give", async (t) => {
  const butler = await openSmallSurvey(t);
  for (const visit of [1, 2, 3]) await butler.put({}, "image", { ...cam, visit, detector: 0 });
  const streamed = await Array.fromAsync(butler.streamDatasets("image", { where: "visit > 1" }));
  assert.deepEqual(streamed, await butler.queryDatasets("image", { where: "visit > 1" }));
  assert.equal(streamed.length, 2);
});

testOnEach("pruned datasets lose their files, purged ones their names too", async (t) => {
  const butler = await openSmallSurvey(t);
  const kept = await butler.put({}, "image", { ...cam, visit: 1, detector: 0 });
  const gone = await butler.put({}, "image", { ...cam, visit: 1, detector: 1 });
  const path = fileURLToPath(await butler.getUri(gone));
  await butler.prune([gone]);
  await assert.rejects(readFile(path), { code: "ENOENT" });
  assert.equal(await butler.exists(gone), false);
  assert.equal((await butler.getDatasets([gone.id])).length, 1);
  await butler.prune([gone], { purge: true });
  assert.equal((await butler.getDatasets([gone.id])).length, 0);
  await butler.removeRun("run/a");
  assert.equal(await butler.exists(kept), false);
  assert.deepEqual(await butler.queryCollections(), []);
});

testOnEach("files are ingested in every mode", async (t) => {
  const butler = await openSmallSurvey(t);
  const source = (name: string): string => join(butler.root, name);
  const modes = ["copy", "move", "link", "hardlink", "symlink", "relsymlink", "direct", "in-place"] as const;
  for (const [index, mode] of modes.entries()) {
    const path = source(`in-${mode}.yaml`);
    await writeFile(path, `mode: ${mode}\n`);
    const dataId = { ...cam, exposure: (index % 6) + 1, detector: Math.floor(index / 6) };
    const [ref] = await butler.ingest([{ path, datasetType: "raw", dataId }], { mode, run: `in/${mode}` });
    assert.deepEqual(await butler.get(ref!), { mode });
    assert.equal(
      await readFile(path).then(
        () => true,
        () => false,
      ),
      mode !== "move",
    );
  }
  const again = {
    path: source("in-copy.yaml"),
    datasetType: "raw",
    dataId: { ...cam, exposure: 1, detector: 0 },
  };
  await assert.rejects(butler.ingest([again], { mode: "copy", run: "in/copy" }), (error) =>
    isAlmagestError(error, "BUTLER.DATASET_CONFLICT"),
  );
  assert.deepEqual(await butler.ingest([again], { mode: "copy", run: "in/copy", skipExisting: true }), []);
  const [first] = await butler.ingest([again], { mode: "copy", run: "in/d", idMode: "deterministic" });
  assert.match(first!.id, /^........-....-5/);
});

testOnEach(
  "a check finds what is missing, changed, orphaned and half-written, and a repair leaves it clean",
  async (t) => {
    const butler = await openSmallSurvey(t);
    const refs = [];
    for (const detector of [0, 1, 2])
      refs.push(await butler.put({ detector }, "image", { ...cam, visit: 1, detector }));
    const paths = await Promise.all(refs.map(async (ref) => fileURLToPath(await butler.getUri(ref))));
    assert.equal((await butler.check({ checksums: true })).clean, true);
    await rm(paths[0]!);
    await writeFile(paths[1]!, "detector: 9\n");
    await writeFile(join(butler.root, "stray.yaml"), "x");
    await writeFile(join(butler.root, ".image.yaml.0123456789ab.part"), "x");
    assert.deepEqual((await butler.check()).orphaned, []);
    const steps: string[] = [];
    const report = await butler.check({
      checksums: true,
      graceMs: -1000,
      onProgress: (done, total) => steps.push(`${done}/${total}`),
    });
    assert.equal(steps.at(-1), `${report.checked}/${report.checked}`);
    assert.equal(steps.length, report.checked);
    assert.deepEqual(
      report.missing.map(({ id }) => id),
      [refs[0]!.id],
    );
    assert.deepEqual(
      report.changed.map(({ id }) => id),
      [refs[1]!.id],
    );
    assert.deepEqual(report.orphaned, ["stray.yaml"]);
    assert.deepEqual(report.halfWritten, [".image.yaml.0123456789ab.part"]);
    assert.equal(report.clean, false);
    await butler.prune([refs[1]!], { purge: true });
    await butler.check({ repair: true, graceMs: -1000 });
    assert.equal((await butler.check({ checksums: true, graceMs: -1000 })).clean, true);
    assert.equal(await butler.exists(refs[2]!), true);
  },
);
