import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { isAlmagestError } from "@almagest/base";
import type { QueryValue, RowQuery } from "../api/query-api.ts";
import type { Butler } from "../butler.ts";
import { startButlerServer } from "../server/butler-server.ts";
import { FIRST_EXPOSURE, openSmallSurvey } from "../testing/small-survey.ts";
import { testOnEach } from "../testing/tested-registries.ts";
import { openRemoteButler } from "./remote-butler.ts";

const cam = { instrument: "Cam" };

/** One suite for a Butler on its own repository and for one behind a server, on every database. */
function testBoth(name: string, body: (butler: Butler, t: TestContext) => Promise<void>): void {
  testOnEach(`direct: ${name}`, async (t) => body(await openSmallSurvey(t), t));
  testOnEach(`remote: ${name}`, async (t) => {
    const direct = await openSmallSurvey(t);
    const server = await startButlerServer(direct, { uploadFolder: join(direct.root, ".uploads") });
    t.after(() => server.stop(0));
    await body(await openRemoteButler({ url: server.url, run: "run/a" }), t);
  });
}

const rejects = (work: Promise<unknown>, code: string): Promise<void> =>
  assert.rejects(work, (error) => isAlmagestError(error, code));

testBoth("what is put is got, by reference, data id and component", async (butler) => {
  const value = { a: 1.5, list: [1, 2, 3], name: "naïve ☂" };
  const dataId = { ...cam, visit: 1, detector: 2 };
  const ref = await butler.put(value, "image", dataId);
  assert.deepEqual(await butler.get(ref), value);
  assert.deepEqual(await butler.get("image", dataId), value);
  assert.equal(await butler.get("image.a", dataId), 1.5);
  assert.equal(await butler.exists(ref), true);
  assert.deepEqual(await butler.findDataset("image", dataId), ref);
  assert.deepEqual(await butler.getDatasets([ref.id, "00000000-0000-4000-8000-000000000000"]), [ref]);
  await rejects(butler.put({}, "image", dataId), "BUTLER.DATASET_CONFLICT");
  assert.deepEqual(await butler.get(ref), value);
  const [files] = await butler.storedFiles([ref]);
  assert.equal(files!.length, 1);
  assert.match(files![0]!.checksum!, /^[0-9a-f]{128}$/);
  await butler.prune([ref]);
  assert.equal(await butler.exists(ref), false);
  await rejects(butler.get(ref), "BUTLER.DATASET_MISSING");
  await butler.prune([ref], { purge: true });
  assert.equal(await butler.findDataset("image", dataId), undefined);
});

testBoth("records, with regions, times and integers, come as they were given", async (butler) => {
  const [visit] = await butler.queryRecords("visit", { where: "instrument = 'Cam' AND visit = 3" });
  assert.ok(visit!.region instanceof Uint8Array);
  assert.deepEqual((visit!.timespan as { begin: bigint }).begin, FIRST_EXPOSURE + 120_000_000_000n);
  await butler.insertRecords("detector", [{ ...cam, id: 7, full_name: "D7" }]);
  await rejects(
    butler.insertRecords("detector", [{ ...cam, id: 7, full_name: "D8" }]),
    "BUTLER.RECORD_CONFLICT",
  );
  assert.equal(await butler.syncRecord("day_obs", { ...cam, id: 20260102 }), true);
  const expanded = await butler.expandDataId({ ...cam, visit: 3, detector: 1 });
  assert.equal(expanded.dataId.physical_filter, "Cam-r");
  assert.deepEqual(expanded.records.visit, visit);
  await rejects(butler.expandDataId({ ...cam, visit: 99 }), "BUTLER.RECORD_MISSING");
});

testBoth("collections are made, chained, tagged, certified and removed", async (butler) => {
  const bias = await butler.put({ n: 1 }, "bias", { ...cam, detector: 0 });
  const image = await butler.put({}, "image", { ...cam, visit: 1, detector: 0 });
  await butler.registerCollection("tag", "TAGGED", "by hand");
  await butler.associate("tag", [image]);
  await butler.registerCollection("calib", "CALIBRATION");
  const end = FIRST_EXPOSURE + 60_000_000_000n;
  await butler.certify("calib", [bias], { begin: FIRST_EXPOSURE, end });
  const other = await butler
    .put({ n: 2 }, "bias", { ...cam, detector: 0 }, { run: "run/c" })
    .catch(async () => {
      await butler.registerRun("run/c");
      return butler.put({ n: 2 }, "bias", { ...cam, detector: 0 }, { run: "run/c" });
    });
  await rejects(
    butler.certify("calib", [other], { begin: FIRST_EXPOSURE - 5n }),
    "BUTLER.CALIBRATION_CONFLICT",
  );
  await butler.registerCollection("chain", "CHAINED");
  await butler.setChain("chain", ["tag", "calib", "run/a"]);
  assert.deepEqual((await butler.getCollection("chain")).children, ["tag", "calib", "run/a"]);
  assert.deepEqual(await butler.queryDatasets("image", { collections: "chain" }), [image]);
  const [place] = await butler.queryAssociations("bias", "calib");
  assert.deepEqual(place!.timespan, { begin: FIRST_EXPOSURE, end });
  const [summary] = await butler.summarizeCollections(["chain"]);
  assert.deepEqual(summary!.datasetTypes, ["bias", "image"]);
  await rejects(butler.removeCollection("tag"), "BUTLER.COLLECTION_IN_USE");
  await butler.removeFromChain("chain", ["tag"]);
  await butler.removeCollection("tag");
  await rejects(butler.getCollection("tag"), "BUTLER.COLLECTION_MISSING");
});

testBoth("queries answer the same, streamed or whole, and mistakes are shown", async (butler) => {
  for (const visit of [1, 2, 3]) {
    for (const detector of [0, 1]) await butler.put({ visit }, "image", { ...cam, visit, detector });
  }
  const where = "instrument = 'Cam' AND visit IN (:visits) AND visit.timespan OVERLAPS :span";
  const bind = { visits: [1, 2], span: { begin: FIRST_EXPOSURE, end: FIRST_EXPOSURE + 10n } };
  const found = await butler.queryDatasets("image", { where, bind });
  assert.equal(found.length, 2);
  const streamed = [];
  for await (const ref of butler.streamDatasets("image", { where, bind })) streamed.push(ref);
  assert.deepEqual(new Set(streamed.map((ref) => ref.id)), new Set(found.map((ref) => ref.id)));
  assert.equal((await butler.queryDatasets("image", { limit: 3, orderBy: ["-visit"] }))[0]!.dataId.visit, 3);
  const overlaps = await butler.queryDataIds(["visit", "patch"], {
    where: "skymap = 'sky' AND instrument = 'Cam'",
  });
  assert.ok(overlaps.length > 6);
  const table = await butler.queryDataIdTable(["visit"], { where: "instrument = 'Cam'" });
  assert.equal(table.rows.length, 6);
  await rejects(butler.queryDatasets("image", { where: "visit = = 3" }), "BUTLER.QUERY_INVALID");
  await rejects(butler.queryDatasets("nothing"), "BUTLER.DATASET_TYPE_MISSING");
  const { sql, plan, reasons } = await butler.explain({
    datasets: "warp",
    options: { collections: "run/a" },
  });
  assert.match(sql, /SELECT/);
  assert.ok(plan.length > 0);
  assert.match(reasons.join(), /No datasets of type 'warp'/);
});

testBoth(
  "rows of dimensions and fields come as they are stored, joined with datasets of other types",
  async (butler) => {
    const refs = [];
    for (const visit of [1, 2]) refs.push(await butler.put({}, "image", { ...cam, visit, detector: 0 }));
    await butler.put({}, "bias", { ...cam, detector: 0 });
    const collect = async (query: RowQuery): Promise<(readonly QueryValue[])[]> => {
      const rows = [];
      for await (const row of butler.streamRows(query)) rows.push(row);
      return rows;
    };
    const [visit] = await butler.queryRecords("visit", { where: "instrument = 'Cam' AND visit = 1" });
    const dimensions = ["instrument", "visit", "detector"];
    const fields = ["visit.region", "visit.timespan", "image.dataset_id", "image.run", "image.collection"];
    const search = { datasetType: "image", collections: "run/a" };
    const rows = await collect({ dimensions, fields, search, orderBy: ["-visit"] });
    assert.equal(rows.length, 2);
    assert.deepEqual(rows[1], ["Cam", 1, 0, visit!.region, visit!.timespan, refs[0]!.id, "run/a", "run/a"]);
    const dated = await collect({ dimensions: ["visit"], fields: ["image.ingest_date"], search, limit: 1 });
    assert.equal(typeof dated[0]![1], "bigint");
    const where = "instrument = 'Cam'";
    assert.equal((await collect({ dimensions: ["instrument", "visit"], where })).length, 6);
    const datasets = [{ datasetType: "image", collections: "run/a" }];
    assert.deepEqual(await collect({ dimensions: ["instrument", "visit"], where, datasets }), [
      ["Cam", 1],
      ["Cam", 2],
    ]);
    assert.equal((await butler.queryDatasets("bias", { datasets })).length, 1);
    const nowhere = [{ datasetType: "coadd", collections: "run/a" }];
    assert.deepEqual(await butler.queryDatasets("bias", { datasets: nowhere, where: "skymap = 'sky'" }), []);
    await rejects(collect({ dimensions: ["visit"], fields: ["visit.moon"], where }), "BUTLER.QUERY_INVALID");
  },
);

testBoth("a table is read as another kind, in part", async (butler) => {
  await butler.registerDatasetType({
    name: "t",
    dimensions: [],
    storageClass: "DataFrame",
    isCalibration: false,
  });
  const ref = await butler.put({ id: Int32Array.of(1, 2, 3), x: Float64Array.of(4, 5, 6) }, "t", {});
  const parameters = { columns: ["x"], filters: [["id", ">", 1]] };
  assert.deepEqual(await butler.get(ref, { storageClass: "ArrowNumpyDict", parameters }), {
    x: Float64Array.of(5, 6),
  });
  assert.equal(await butler.get("t.rowcount", {}), 3);
  await rejects(butler.get(ref, { storageClass: "Plot" }), "BUTLER.STORAGE_CLASS");
  await rejects(butler.get(ref, { parameters: { bbox: 1 } }), "BUTLER.PARAMETER_UNKNOWN");
});

testBoth("files are ingested, once", async (butler, t) => {
  const folder = await mkdtemp(join(tmpdir(), "almagest-both-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "coadd.yaml");
  await writeFile(path, "n: 1\n");
  const file = { path, datasetType: "coadd", dataId: { skymap: "sky", tract: 0, patch: 1, band: "r" } };
  const options = { mode: "copy", run: "run/b", idMode: "deterministic" } as const;
  const [ref] = await butler.ingest([file], options);
  assert.deepEqual(await butler.get(ref!), { n: 1 });
  assert.deepEqual(await butler.ingest([file], { ...options, skipExisting: true }), []);
  await rejects(butler.ingest([{ ...file, dataId: { skymap: "sky" } }], options), "BUTLER.DATA_ID_INVALID");
  const records = await butler.collectRecords([ref!]);
  assert.deepEqual([...records.keys()].sort(), ["patch", "skymap", "tract"]);
  assert.deepEqual(await butler.validateConfiguration(), []);
});
