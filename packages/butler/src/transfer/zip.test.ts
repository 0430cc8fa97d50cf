import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type TestContext, test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { readZipMember } from "../datastore/zip-member.ts";
import { writeZip } from "../datastore/zip-writer.ts";
import { openSmallSurvey } from "../testing/small-survey.ts";
import { testOnEach } from "../testing/tested-registries.ts";
import type { DatasetRef } from "../types.ts";
import { ingestZip } from "./ingest-zip.ts";
import { parseZipIndex } from "./parse-zip-index.ts";
import { retrieveZip } from "./retrieve-zip.ts";
import { ZIP_INDEX, type ZipIndex, zipFileName } from "./zip-index.ts";

const fails = (code: string) => (error: unknown) => isAlmagestError(error, code);

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "almagest-zip-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

testOnEach("datasets leave as one archive and come back as they were", async (t) => {
  const butler = await openSmallSurvey(t);
  const folder = await folderFor(t);
  const refs: DatasetRef[] = [];
  for (const visit of [1, 2, 3])
    refs.push(await butler.put({ visit }, "image", { instrument: "Cam", visit, detector: 1 }));
  refs.push(await butler.put({ all: true }, "settings", {}));
  const path = await retrieveZip(butler, refs, folder);
  await assert.rejects(retrieveZip(butler, refs, folder), fails("RESOURCES.EXISTS"));
  assert.equal(await retrieveZip(butler, refs, folder, { overwrite: true }), path);
  await assert.rejects(retrieveZip(butler, [], folder), fails("BUTLER.TRANSFER_UNSUPPORTED"));
  await assert.rejects(ingestZip(butler, path), fails("BUTLER.DATASET_CONFLICT"));
  await butler.prune(refs, { purge: true });
  await assert.rejects(retrieveZip(butler, refs, folder), fails("BUTLER.DATASET_MISSING"));

  assert.equal((await ingestZip(butler, path, { dryRun: true })).length, 4);
  assert.equal((await butler.getDatasets(refs.map(({ id }) => id))).length, 0);
  assert.equal((await ingestZip(butler, path)).length, 4);
  for (const [index, ref] of refs.entries())
    assert.deepEqual(await butler.get(ref), index < 3 ? { visit: index + 1 } : { all: true });
  assert.match(await butler.getUri(refs[0]!), /zips\/\w{4}\/[-\w]+\.zip#zip-path=/);
  // Out of the archive again: the names stay.
  const again = await retrieveZip(butler, refs.slice(0, 2), join(folder, "again"));
  const report = await butler.check({ checksums: true, graceMs: 0 });
  assert.deepEqual([report.clean, report.checked], [true, 4]);
  await butler.prune(refs, { purge: true });
  assert.equal((await butler.check({ graceMs: 0 })).clean, true, "the archive went with its last dataset");
  assert.equal((await ingestZip(butler, again, { mode: "direct" })).length, 2);
  assert.deepEqual(await butler.get(refs[1]!), { visit: 2 });
  await butler.prune(refs.slice(0, 2), { purge: true });
  assert.equal(existsSync(again), true, "an archive that was left in its place stays");
  assert.equal((await ingestZip(butler, again, { mode: "move" })).length, 2);
  assert.equal(existsSync(again), false);
});

testOnEach("a hostile archive is refused and leaves nothing", async (t) => {
  const butler = await openSmallSurvey(t);
  const folder = await folderFor(t);
  const ref = await butler.put({ visit: 1 }, "image", { instrument: "Cam", visit: 1, detector: 1 });
  const good = await retrieveZip(butler, [ref], folder);
  await butler.prune([ref], { purge: true });
  const index = JSON.parse((await readZipMember(good, ZIP_INDEX)).toString()) as ZipIndex;
  const [[name, artifact]] = Object.entries(index.artifact_map) as [
    [string, ZipIndex["artifact_map"][string]],
  ];
  const bytes = await readZipMember(good, name);
  const forge = async (
    changed: unknown,
    members: Record<string, Buffer> = { [name]: bytes },
  ): Promise<string> => {
    const path = join(folder, "forged.zip");
    const text = Buffer.from(typeof changed === "string" ? changed : JSON.stringify(changed));
    const all = { [ZIP_INDEX]: text, ...members };
    await writeZip(
      path,
      Object.entries(all).map(([each, content]) => ({ name: each, read: async () => content })),
    );
    return path;
  };
  const named = (other: string): unknown => ({ ...index, artifact_map: { [other]: artifact } });
  const wrong: [changed: unknown, members?: Record<string, Buffer>][] = [
    ["{"],
    [{ ...index, index_version: "V9" }],
    ...["../../evil", "/etc/passwd", "a/../../b", "a\\b", "x#zip-path=y", "%2e%2e/x", ""].map(
      (other): [unknown, Record<string, Buffer>] => [named(other), { [other]: bytes }],
    ),
    [index, {}],
    [index, { [name]: Buffer.from("other\n") }],
    [{ ...index, artifact_map: { [name]: { ...artifact, ids: [crypto.randomUUID()] } } }],
    [
      {
        ...index,
        artifact_map: { [name]: { ...artifact, info: { ...artifact.info, formatter: "os; rm" } } },
      },
    ],
    [{ ...index, refs: { ...index.refs, universe_namespace: "other" } }],
    [{ ...index, refs: { ...index.refs, dataset_types: {} } }],
  ];
  for (const [changed, members] of wrong) {
    await assert.rejects(
      ingestZip(butler, await forge(changed, members)),
      fails("BUTLER.ZIP_INVALID"),
      JSON.stringify(changed).slice(0, 300),
    );
  }
  await writeFile(join(folder, "no.zip"), "PK not so");
  await assert.rejects(ingestZip(butler, join(folder, "no.zip")), fails("BUTLER.ZIP_INVALID"));
  await writeFile(join(folder, "cut.zip"), (await readFile(good)).subarray(0, 300));
  await assert.rejects(ingestZip(butler, join(folder, "cut.zip")), fails("BUTLER.ZIP_INVALID"));
  assert.equal((await butler.getDatasets([ref.id])).length, 0);
  const report = await butler.check({ graceMs: 0 });
  assert.deepEqual([report.clean, report.checked], [true, 0]);
  // An archive of the same name must not replace one that datasets live in.
  await ingestZip(butler, good);
  const other = structuredClone(index);
  const id = crypto.randomUUID();
  other.artifact_map[name]!.ids = [id];
  other.refs.compact_refs = { [id]: { ...Object.values(index.refs.compact_refs)[0]!, run: "run/other" } };
  await assert.rejects(ingestZip(butler, await forge(other)), fails("BUTLER.DATASET_CONFLICT"));
  assert.deepEqual(await butler.get(ref), { visit: 1 });
});

test("the original's archive is understood and named as the original names it", async (t) => {
  const path = join(
    import.meta.dirname,
    "../../../../../shared/reference/butler/golden/26b7c2d2-bd92-5a69-85af-ecf46f6f1e58.zip",
  );
  if (!existsSync(path)) return t.skip("needs shared/reference/butler/golden");
  const index = parseZipIndex((await readZipMember(path, ZIP_INDEX)).toString(), path);
  assert.equal(zipFileName(Object.keys(index.artifact_map)), basename(path));
});
