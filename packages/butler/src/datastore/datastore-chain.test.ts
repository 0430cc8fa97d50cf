import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import type { Butler } from "../butler.ts";
import { createRepository } from "../create-repository.ts";
import { createUniverse } from "../dimensions/universe.ts";
import { UNIVERSE_8 } from "../dimensions/universe-8.ts";
import { openButler } from "../open-butler.ts";
import { openQuantumButler } from "../quantum/describe-quantum.ts";
import { parseButlerConfig } from "../repository/butler-config.ts";
import { fillSmallSurvey } from "../testing/small-survey.ts";
import { registryOf, testOnEach } from "../testing/tested-registries.ts";
import type { DatasetType } from "../types.ts";
import { parseConstraints } from "./constraints.ts";

const CLS = "lsst.daf.butler.datastores";
const FILE = { cls: `${CLS}.fileDatastore.FileDatastore` };
const MEMORY = { cls: `${CLS}.inMemoryDatastore.InMemoryDatastore` };
const CHAIN = {
  cls: `${CLS}.chainedDatastore.ChainedDatastore`,
  datastore_constraints: [
    { constraints: { accept: ["settings"] } },
    {},
    { constraints: { reject: ["bias"] } },
  ],
  datastores: [
    MEMORY,
    { ...FILE, records: { table: "first_records" }, constraints: { reject: ["coadd", "settings"] } },
    { datastore: { ...FILE, records: { table: "second_records" }, constraints: { reject: ["settings"] } } },
  ],
};

async function openChain(t: TestContext, datastore: Record<string, unknown> = CHAIN): Promise<Butler> {
  const root = await mkdtemp(join(tmpdir(), "almagest-chain-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  const database = registryOf(t);
  await createRepository(root, { seed: { datastore }, ...(database === undefined ? {} : { database }) });
  const butler = await openButler(root, { run: "run/a" });
  t.after(() => butler.close());
  await fillSmallSurvey(butler);
  return butler;
}

const fails = (code: string) => (error: unknown) => isAlmagestError(error, code);

testOnEach("a chain of datastores takes, gives, checks and removes by its constraints", async (t) => {
  const butler = await openChain(t);
  const both = await butler.put({ n: 1 }, "image", { instrument: "Cam", visit: 1, detector: 1 });
  const first = await butler.put({ n: 2 }, "bias", { instrument: "Cam", detector: 1 });
  const second = await butler.put({ n: 3 }, "coadd", { skymap: "sky", tract: 0, patch: 0, band: "r" });
  const memory = await butler.put({ n: 4 }, "settings", {});
  const refs = [both, first, second, memory];
  for (const [index, ref] of refs.entries()) {
    assert.deepEqual(await butler.get(ref), { n: index + 1 });
    assert.equal(await butler.exists(ref), true);
  }
  assert.match(await butler.getUri(both), /FileDatastore_1/);
  assert.match(await butler.getUri(second), /FileDatastore_2/);
  assert.deepEqual(
    (await butler.storedFiles(refs)).map((files) => files.length),
    [1, 1, 1, 0],
  );
  const folder = await mkdtemp(join(tmpdir(), "almagest-chain-in-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "raw.yaml");
  await writeFile(path, "n: 5\n");
  const dataId = { instrument: "Cam", exposure: 1, detector: 1 };
  const files = [{ path, datasetType: "raw", dataId }];
  const [coaddType, biasType] = [await butler.getDatasetType("coadd"), await butler.getDatasetType("bias")];
  await assert.rejects(butler.ingest(files, { mode: "move" }), fails("RESOURCES.MODE_UNSUPPORTED"));
  await assert.rejects(
    butler.ingest([{ path, datasetType: "settings", dataId: {} }], { mode: "copy", run: "run/b" }),
    fails("BUTLER.DATASTORE_REFUSES"),
  );
  const [raw] = await butler.ingest(files, { mode: "copy" });
  assert.deepEqual(await butler.get(raw!), { n: 5 });
  assert.deepEqual(await butler.ingest(files, { mode: "copy", skipExisting: true }), []);

  // What is planned goes to the first datastore that takes it, and is registered there; a quantum's Butler agrees.
  const later = butler.makeRefs(
    [
      { datasetType: coaddType, dataId: { skymap: "sky", tract: 0, patch: 1, band: "r" } },
      { datasetType: biasType, dataId: { instrument: "Cam", detector: 2 } },
    ],
    "run/a",
  );
  const planned = await butler.planOutputs(later);
  assert.match(planned[0]!.path, /^\/.*FileDatastore_2\//);
  assert.match(planned[1]!.path, /^run\/a\/bias/);
  const outputs = await Promise.all(
    later.map(async (ref) => {
      const group = butler.universe.completeGroup(ref.datasetType.dimensions);
      const { dataId, records } = await butler.expandDataId(ref.dataId, group);
      return { ref, dataId, records };
    }),
  );
  const home = join(butler.root, "..");
  const quantum = await openQuantumButler(home, { universe: butler.universe, inputs: [], outputs });
  for (const [index, ref] of later.entries()) {
    const record = await quantum.put({ n: 6 + index }, ref);
    assert.equal(record.path, planned[index]!.path);
  }
  assert.deepEqual(await butler.ingestOutputs(quantum.written()), { inserted: 2, present: 0 });
  assert.deepEqual(await butler.ingestOutputs(quantum.written()), { inserted: 0, present: 2 });
  for (const [index, ref] of later.entries()) assert.deepEqual(await butler.get(ref), { n: 6 + index });
  assert.deepEqual(
    (await butler.storedFiles(later)).flat().map(({ path }) => path),
    planned.map(({ path }) => path),
  );
  await butler.prune(later, { purge: true });

  const report = await butler.check({ checksums: true, graceMs: 0 });
  assert.deepEqual([report.clean, report.checked, report.orphaned], [true, 6, []]);
  // A dataset whose first file is lost is still there: fsck forgets the lost one.
  await rm((await butler.getUri(raw!)).slice("file://".length));
  const lost = await butler.check({ repair: true, graceMs: 0 });
  assert.deepEqual([lost.missing.length, lost.checked], [1, 6]);
  assert.match(await butler.getUri(raw!), /FileDatastore_2/);
  assert.deepEqual(await butler.get(raw!), { n: 5 });

  await assert.rejects(
    butler.transaction(async () => {
      await butler.put({ n: 6 }, "image", { instrument: "Cam", visit: 2, detector: 1 });
      throw new Error("no");
    }),
  );
  await butler.prune([both, memory], { purge: true });
  assert.equal(await butler.exists(both), false);
  await assert.rejects(butler.get(memory), fails("BUTLER.DATASET_MISSING"));
  const after = await butler.check({ checksums: true, graceMs: 0 });
  assert.deepEqual([after.clean, after.checked, after.orphaned], [true, 3, []]);
});

testOnEach("a repository whose datastore is in memory keeps values while it is open", async (t) => {
  const butler = await openChain(t, MEMORY);
  const ref = await butler.put({ a: 1 }, "settings", {});
  assert.deepEqual(await butler.get("settings", {}), { a: 1 });
  assert.equal(await butler.get("settings.a", {}), 1);
  assert.deepEqual(await butler.queryDatasets("settings", { collections: "run/a" }), [ref]);
  assert.deepEqual(await butler.locate([ref]), [undefined]);
  await using again = await openButler(butler.root);
  assert.equal(await again.exists(ref), false);
});

testOnEach("a chain that refuses a dataset type says so and leaves nothing", async (t) => {
  const butler = await openChain(t, {
    ...FILE,
    constraints: { accept: ["raw", "physical_filter+detector"] },
  });
  const where = { instrument: "Cam", visit: 1, detector: 1 };
  await assert.rejects(butler.put({}, "image", where), fails("BUTLER.DATASTORE_REFUSES"));
  assert.deepEqual(await butler.queryDatasets("image", { collections: "run/a" }), []);
  await butler.put({}, "flat", { instrument: "Cam", detector: 1, physical_filter: "Cam-r" });
});

test("constraints decide as the original's do", () => {
  const universe = createUniverse(UNIVERSE_8);
  const type = (name: string, dimensions: string[], storageClass = "StructuredDataDict"): DatasetType => ({
    name,
    dimensions,
    storageClass,
    isCalibration: false,
  });
  const decide = (tree: Record<string, unknown>, of: DatasetType, dataId = {}): boolean =>
    parseConstraints(tree, "test").accepts(of, universe.completeGroup(of.dimensions), dataId);
  const notes = type("notes", ["detector"]);
  assert.equal(decide({}, notes), true);
  assert.equal(decide({ accept: ["other"] }, notes), false);
  assert.equal(decide({ accept: ["all"], reject: ["notes"] }, notes), false);
  assert.equal(decide({ reject: ["all"], accept: ["notes"] }, notes), true);
  assert.equal(decide({ reject: ["all"] }, notes), false);
  assert.equal(decide({ accept: ["StructuredDataDict"] }, notes), true);
  assert.equal(decide({ reject: ["instrument+detector"] }, notes), false);
  const ofHsc = { accept: ["all"], reject: [{ "instrument<HSC>": ["notes"] }] };
  assert.equal(decide(ofHsc, notes, { instrument: "HSC", detector: 1 }), false);
  assert.equal(decide(ofHsc, notes, { instrument: "Cam", detector: 1 }), true);
  for (const wrong of [{ accept: ["all"], reject: ["all"] }, { accept: [{ x: 1 }] }, { accept: [3] }]) {
    assert.throws(() => decide(wrong, notes), fails("BUTLER.REPOSITORY_INVALID"));
  }
});

test("chains that cannot work are refused", () => {
  const parse = (datastore: unknown): unknown =>
    parseButlerConfig(JSON.stringify({ datastore, registry: { db: "sqlite:///x" } }), "/r/butler.yaml");
  for (const wrong of [
    { cls: "x.SasquatchDatastore" },
    { ...CHAIN, datastore_constraints: [{}] },
    { cls: CHAIN.cls },
    { cls: CHAIN.cls, datastores: [FILE, FILE] },
  ]) {
    assert.throws(() => parse(wrong), fails("BUTLER.REPOSITORY_INVALID"));
  }
});
