import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { createRandom, isAlmagestError } from "@almagest/base";
import { storeFor } from "@almagest/resources";
import {
  type CephServer,
  type Fault,
  type FaultProxy,
  missingForCeph,
  startCeph,
  startFaultProxy,
} from "@almagest/servers";
import type { Butler } from "./butler.ts";
import { createRepository } from "./create-repository.ts";
import { openButler } from "./open-butler.ts";

const DETECTORS = 100;
let ceph: CephServer | undefined;
let proxy: FaultProxy;
let count = 0;

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "almagest-remote-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A repository whose files are at a remote root and whose registry is an SQLite file. */
async function newRepository(t: TestContext, root: string): Promise<{ butler: Butler; home: string }> {
  const home = await folder(t);
  process.env.DAF_BUTLER_CACHE_DIRECTORY = join(home, "cache");
  await createRepository(root, { database: `sqlite:///${join(home, "gen3.sqlite3")}` });
  const butler = await openButler(root, { run: "run/a" });
  t.after(() => butler.close());
  await butler.insertRecords("instrument", [{ name: "Cam" }]);
  await butler.insertRecords(
    "detector",
    Array.from({ length: DETECTORS }, (_, id) => ({ instrument: "Cam", id, full_name: `D ${id}` })),
  );
  await butler.registerDatasetType({
    name: "notes",
    dimensions: ["detector"],
    storageClass: "StructuredDataDict",
    isCalibration: false,
  });
  return { butler, home };
}

const at = (detector: number): { instrument: string; detector: number } => ({ instrument: "Cam", detector });

async function useRepository(t: TestContext, root: string): Promise<void> {
  const { butler, home } = await newRepository(t, root);
  assert.equal(butler.root, encodeURI(root));
  const ref = await butler.put({ gain: 1.5 }, "notes", at(1));
  assert.deepEqual(await butler.get(ref), { gain: 1.5 });
  assert.deepEqual(await butler.get("notes", at(1), { verify: true }), { gain: 1.5 });
  assert.equal(await butler.exists(ref), true);
  const uri = await butler.getUri(ref);
  assert.ok(uri.startsWith(`${encodeURI(root)}/run/a/notes/`), uri);
  const cached = (await readdir(join(home, "cache"))).filter((name) => name !== "exempt");
  assert.deepEqual(cached, [`${ref.id}.yaml`]);
  await assert.rejects(butler.put({}, "notes", at(1)), (error) =>
    isAlmagestError(error, "BUTLER.DATASET_CONFLICT"),
  );
  const source = join(home, "in.yaml");
  await writeFile(source, "a: 1\n");
  const [copied] = await butler.ingest([{ path: source, datasetType: "notes", dataId: at(2) }], {
    mode: "copy",
  });
  assert.deepEqual(await butler.get(copied!), { a: 1 });
  await assert.rejects(
    butler.ingest([{ path: source, datasetType: "notes", dataId: at(3) }], { mode: "symlink" }),
    (error) => isAlmagestError(error, "RESOURCES.MODE_UNSUPPORTED"),
  );
  const store = await storeFor(root);
  await store.write(`${root}/placed.yaml`, Buffer.from("b: 2\n"));
  const [placed] = await butler.ingest(
    [{ path: `${root}/placed.yaml`, datasetType: "notes", dataId: at(4) }],
    { mode: "split" },
  );
  assert.equal((await butler.locate([placed!]))[0]!.path, "placed.yaml");
  await butler.ingest([{ path: `${root}/placed.yaml`, datasetType: "notes", dataId: at(5) }], {
    mode: "direct",
  });
  assert.deepEqual(await butler.get("notes", at(5)), { b: 2 });
  assert.equal((await butler.check({ checksums: true })).clean, true);
  await store.write(uri, Buffer.from("gain: 2.5\n"), { overwrite: true });
  await rm(join(home, "cache"), { recursive: true });
  process.env.DAF_BUTLER_CACHE_DIRECTORY = join(home, "cache-2");
  await assert.rejects(
    (await openButler(root)).get("notes", at(1), { collections: "run/a", verify: true }),
    (error) => isAlmagestError(error, "BUTLER.FILE_CHANGED"),
  );
  assert.deepEqual(
    (await butler.check({ checksums: true })).changed.map(({ id }) => id),
    [ref.id],
  );
  await store.write(`${root}/left/behind.yaml`, Buffer.from("x: 1\n"));
  assert.deepEqual((await butler.check({ graceMs: -10_000 })).orphaned, ["left/behind.yaml"]);
  await store.remove(`${root}/left/behind.yaml`);
  await butler.prune([ref, copied!], { purge: true });
  assert.equal(await store.info(uri), undefined);
  assert.equal((await butler.check({ graceMs: -10_000 })).clean, true);
  const exported = join(home, "exported");
  await butler.exportTo(exported, [placed!], { mode: "copy" });
  assert.ok((await readdir(exported)).includes("placed.yaml"));
}

test("a repository keeps its files in memory", (t) => useRepository(t, "mem://test/repo"));

test("a remote root needs a registry elsewhere", async () => {
  await assert.rejects(createRepository("mem://test/none"), (error) =>
    isAlmagestError(error, "BUTLER.REPOSITORY_INVALID"),
  );
});

const missing = missingForCeph();
if (missing !== "") {
  test("a repository on S3 (Ceph)", (t) => t.skip(missing));
} else {
  before(async () => {
    ceph = await startCeph();
    proxy = await startFaultProxy(ceph.endpoint);
    process.env.AWS_ACCESS_KEY_ID = ceph.accessKey;
    process.env.AWS_SECRET_ACCESS_KEY = ceph.secretKey;
    // One store serves this process; it goes through the proxy, which is transparent unless told.
    process.env.S3_ENDPOINT_URL = proxy.url;
  });
  after(async () => {
    (await storeFor("s3://x")).close?.();
    await proxy?.close();
    await ceph?.stop();
  });

  const newRoot = async (): Promise<string> => {
    const name = `repo-${count++}`;
    await ceph!.createBucket(name);
    return `s3://${name}/a repo`;
  };

  test("a repository keeps its files on S3 (Ceph)", async (t) => useRepository(t, await newRoot()));

  test("puts under random faults of S3 lose nothing that was acknowledged, and fsck finds nothing", async (t) => {
    const { butler } = await newRepository(t, await newRoot());
    const random = createRandom(5);
    const faults: Fault[] = [
      { kind: "status", status: 503 },
      { kind: "cut" },
      { kind: "truncate" },
      { kind: "lose-reply" },
    ];
    proxy.setFaults(() => (random.uniform() < 0.3 ? faults[random.integer(faults.length)] : undefined));
    const acknowledged: number[] = [];
    const lanes = Array.from({ length: 8 }, async (_, lane) => {
      for (let detector = lane; detector < DETECTORS; detector += 8) {
        await butler.put({ detector }, "notes", at(detector)).then(
          () => acknowledged.push(detector),
          () => undefined,
        );
      }
    });
    await Promise.all(lanes);
    proxy.setFaults(() => undefined);
    assert.ok(acknowledged.length > DETECTORS * 0.9, `${acknowledged.length} acknowledged`);
    for (const detector of acknowledged)
      assert.deepEqual(await butler.get("notes", at(detector)), { detector });
    await butler.check({ repair: true, graceMs: -10_000 });
    const report = await butler.check({ checksums: true, graceMs: -10_000 });
    assert.deepEqual([report.clean, report.checked], [true, acknowledged.length]);
  });

  test("a gateway that dies between puts is waited for", async (t) => {
    const { butler } = await newRepository(t, await newRoot());
    await butler.put({ a: 1 }, "notes", at(1));
    await ceph!.crashGateway();
    const back = ceph!.startGateway();
    await butler.put({ a: 2 }, "notes", at(2)).catch(() => undefined);
    await back;
    assert.deepEqual(await butler.get("notes", at(1)), { a: 1 });
    await butler.check({ repair: true, graceMs: -10_000 });
    assert.equal((await butler.check({ checksums: true, graceMs: -10_000 })).clean, true);
  });
}
