import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { checksumFile } from "./checksum.ts";
import { copySmallUnsynced, SMALL_FILE_BYTES, writeSmallDurably } from "./small-file.ts";

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "almagest-small-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

const isTaken = (error: unknown): boolean => isAlmagestError(error, "RESOURCES.EXISTS");

test("bytes become a whole file under a free name, in a folder made for it, and leave nothing else", async (t) => {
  const folder = join(await folderFor(t), "a", "b");
  const path = join(folder, "one.yaml");
  const bytes = Buffer.from("a: 1\n");
  const writers = [1, 2, 3].map(() => writeSmallDurably(path, bytes, { checksum: true }));
  const outcomes = await Promise.allSettled(writers);
  const [first, ...others] = outcomes.sort((a, b) => (a.status < b.status ? -1 : 1));
  assert.ok(first?.status === "fulfilled");
  for (const other of others) assert.ok(other.status === "rejected" && isTaken(other.reason));
  const { ino } = await stat(path);
  assert.deepEqual(first.value, { ...(await checksumFile(path)), inode: ino });
  assert.deepEqual(await readdir(folder), ["one.yaml"]);
});

test("a small file is copied with its mode, a large one left to others, a name that is taken refused", async (t) => {
  const folder = await folderFor(t);
  const [source, target] = [join(folder, "source"), join(folder, "in", "target")];
  for (const size of [0, 1, SMALL_FILE_BYTES]) {
    await writeFile(source, Buffer.alloc(size, 7));
    await chmod(source, 0o660);
    const copied = copySmallUnsynced(source, target, { checksum: true });
    const { ino, mode } = await stat(target);
    assert.deepEqual(copied, { ...(await checksumFile(source)), inode: ino });
    assert.equal(mode & 0o777, 0o660);
    assert.deepEqual(await readFile(target), await readFile(source));
    assert.throws(() => copySmallUnsynced(source, target, {}), isTaken);
    await rm(target);
  }
  await writeFile(source, Buffer.alloc(SMALL_FILE_BYTES + 1));
  assert.equal(copySmallUnsynced(source, target, {}), undefined);
  assert.throws(() => copySmallUnsynced(join(folder, "none"), target, {}), { code: "ENOENT" });
});
