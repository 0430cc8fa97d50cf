import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { storeFor } from "@almagest/resources";
import type { Butler } from "../butler.ts";
import { createRepository } from "../create-repository.ts";
import { openButler } from "../open-butler.ts";

/** Detectors that such a repository knows. */
export const DETECTORS = 100;
async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "almagest-remote-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A repository whose files are at a remote root and whose registry is an SQLite file. */
export async function newRemoteRepository(
  t: TestContext,
  root: string,
): Promise<{ butler: Butler; home: string }> {
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

/** Data id of a detector. */
export const at = (detector: number): { instrument: string; detector: number } => ({
  instrument: "Cam",
  detector,
});

/** What a repository at any remote root must do alike. */
export async function useRemoteRepository(t: TestContext, root: string): Promise<void> {
  const { butler, home } = await newRemoteRepository(t, root);
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
