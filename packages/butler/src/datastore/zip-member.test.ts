import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import { isAlmagestError } from "@almagest/base";
import { createRepository } from "../create-repository.ts";
import { openButler } from "../open-butler.ts";
import { transferDatasets } from "../transfer/transfer-datasets.ts";
import { archiveOf, readZipMember, zipMemberOf } from "./zip-member.ts";

/** A zip archive (APPNOTE 4.3) of members, stored or deflated. */
function zip(members: Readonly<Record<string, { text: string; deflate?: boolean }>>): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [name, { text, deflate = false }] of Object.entries(members)) {
    const bytes = Buffer.from(text);
    const packed = deflate ? deflateRawSync(bytes) : bytes;
    const fields = Buffer.alloc(16);
    fields.writeUInt32LE(crc32(bytes), 4);
    fields.writeUInt32LE(packed.length, 8);
    fields.writeUInt32LE(bytes.length, 12);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(deflate ? 8 : 0, 8);
    fields.copy(local, 10);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(deflate ? 8 : 0, 10);
    fields.copy(entry, 12);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    central.push(entry, Buffer.from(name));
    parts.push(local, Buffer.from(name), packed);
    at += 30 + name.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(members).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, directory, end]);
}

test("paths name archives and members as the original's do", () => {
  assert.deepEqual(zipMemberOf("r/a.zip#zip-path=b%20c.json"), { archive: "r/a.zip", member: "b c.json" });
  assert.equal(zipMemberOf("r/a#b.json"), undefined);
  assert.equal(archiveOf("r/a.zip#zip-path=x/y.json"), "r/a.zip");
  assert.equal(archiveOf("r/plain.json"), "r/plain.json");
});

test("members are read stored and deflated; what is missing, cut or no archive is refused", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-zip-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "a.zip");
  writeFileSync(path, zip({ a: { text: "alpha" }, b: { text: "beta ".repeat(100), deflate: true } }));
  assert.equal(String(await readZipMember(path, "a")), "alpha");
  assert.equal(String(await readZipMember(path, "b")), "beta ".repeat(100));
  const refused = (member: string) =>
    assert.rejects(readZipMember(path, member), (error) => isAlmagestError(error, "BUTLER.FILE_MISSING"));
  await refused("c");
  truncateSync(path, 60);
  await refused("a");
  writeFileSync(path, "");
  await refused("a");
});

test("bombs, lying sizes, wrong sums and encrypted members are refused", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-zip-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "a.zip");
  const honest = zip({ "../../x": { text: "0".repeat(50_000_000), deflate: true } });
  const directory = honest.readUInt32LE(honest.length - 6);
  writeFileSync(path, honest);
  assert.equal((await readZipMember(path, "../../x")).length, 50_000_000);
  const lies: readonly [what: string, offset: number, value: number][] = [
    ["too small", 24, 100],
    ["too large", 24, 60_000_000],
    ["beyond all bounds", 24, 0xffff_fff0],
    ["packed part larger than the file", 20, 0x3fff_ffff],
    ["sum", 16, 12345],
    ["encrypted", 8, 1 | (8 << 16)],
    ["unknown method", 10, 99],
    ["header elsewhere", 42, 0x7fff_ffff],
  ];
  for (const [index, [what, offset, value]] of lies.entries()) {
    const bytes = Buffer.from(honest);
    bytes.writeUInt32LE(value >>> 0, directory + offset);
    const liar = join(folder, `${index}.zip`);
    writeFileSync(liar, bytes);
    await assert.rejects(
      readZipMember(liar, "../../x"),
      (error) => isAlmagestError(error, "BUTLER.FILE_MISSING"),
      what,
    );
  }
});

test("datasets in one archive are read, checked, exported and pruned one by one", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-zip-"));
  const root = join(folder, "repo");
  await createRepository(root);
  const butler = await openButler(root, { readOnly: false });
  t.after(async () => {
    await butler.close();
    rmSync(folder, { recursive: true });
  });
  await butler.registerRun("r");
  for (const name of ["one", "two"]) {
    await butler.registerDatasetType({
      name,
      dimensions: [],
      storageClass: "StructuredDataDict",
      isCalibration: false,
    });
  }
  const refs = await Promise.all(
    ["one", "two"].map(async (name) =>
      butler.makeRefs([{ datasetType: await butler.getDatasetType(name), dataId: {} }], "r"),
    ),
  ).then((lists) => lists.flat());
  const planned = await butler.planOutputs(refs);
  const texts = ["a: 1\n", "a: 2\n"];
  const members = texts.map((text, i) => [`${refs[i]!.id}.yaml`, { text }] as const);
  const archive = join(root, "pack.zip");
  writeFileSync(archive, zip(Object.fromEntries(members)));
  await butler.ingestOutputs(
    planned.map((located, i) => ({
      ...located,
      path: `pack.zip#zip-path=${members[i]![0]}`,
      sizeBytes: texts[i]!.length,
      checksum: createHash("blake2b512").update(texts[i]!).digest("hex"),
    })),
  );
  assert.deepEqual(await butler.get(refs[1]!), { a: 2 });
  assert.equal(await butler.exists(refs[0]!), true);
  assert.match(await butler.getUri(refs[0]!), /^file:.*pack\.zip#zip-path=/);
  const checked = await butler.check({ checksums: true, graceMs: 0 });
  assert.equal(checked.clean, true, "the archive is claimed and its members are sound");
  const target = join(folder, "export");
  await butler.exportTo(target, refs, { mode: "copy" });
  assert.equal(readFileSync(join(target, "pack", members[0]![0]), "utf8"), texts[0]);
  await createRepository(join(folder, "other"));
  await using other = await openButler(join(folder, "other"), { readOnly: false });
  await transferDatasets(butler, other, refs);
  assert.deepEqual(await other.get(refs[0]!), { a: 1 }, "a member becomes a file of its own elsewhere");
  assert.equal((await other.check({ checksums: true, graceMs: 0 })).clean, true);
  await butler.prune([refs[0]!], { purge: true });
  assert.deepEqual(await butler.get(refs[1]!), { a: 2 });
  await butler.prune([refs[1]!], { purge: true });
  assert.equal(existsSync(archive), false, "the last member takes the archive with it");
});
