import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { checksumFile } from "./checksum.ts";
import { isTemporaryName, temporaryName, writeDurably } from "./durable-file.ts";
import { createFileStore } from "./file-store.ts";
import { isAbsoluteUri, resolveWithin, toFileUri, toLocalPath, uriScheme } from "./uri.ts";

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "almagest-resources-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

test("a file is written whole or not at all, and nothing else stays behind", async (t) => {
  const root = await folder(t);
  const path = join(root, "a/b.txt");
  const file = await writeDurably(path, (temporary) => writeFile(temporary, "hello"), { checksum: true });
  assert.deepEqual(await checksumFile(path), { checksum: file.checksum, sizeBytes: 5 });
  await assert.rejects(
    writeDurably(path, (temporary) => writeFile(temporary, "other")),
    (error) => isAlmagestError(error, "RESOURCES.EXISTS"),
  );
  await assert.rejects(
    writeDurably(
      path,
      async (temporary) => {
        await writeFile(temporary, "half");
        throw new Error("stop");
      },
      { overwrite: true },
    ),
    /stop/,
  );
  assert.equal(await readFile(path, "utf8"), "hello");
  await writeDurably(path, (temporary) => writeFile(temporary, "new"), { overwrite: true });
  assert.equal(await readFile(path, "utf8"), "new");
  assert.deepEqual(await readdir(join(root, "a")), ["b.txt"]);
});

test("of many writers of one name exactly one succeeds", async (t) => {
  const root = await folder(t);
  const path = join(root, "x");
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) => writeDurably(path, (temporary) => writeFile(temporary, `${i}`))),
  );
  const winner = outcomes.findIndex(({ status }) => status === "fulfilled");
  assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
  assert.equal(await readFile(path, "utf8"), `${winner}`);
  assert.deepEqual(await readdir(root), ["x"]);
});

test("files are brought in by every mode", async (t) => {
  const root = await folder(t);
  const store = createFileStore();
  await mkdir(join(root, "in"));
  for (const mode of ["copy", "hardlink", "symlink", "relsymlink", "move"] as const) {
    const source = join(root, "in", mode);
    await writeFile(source, mode);
    const target = join(root, "out", mode);
    await store.upload(source, target, { mode });
    assert.equal(Buffer.from(await store.read(target)).toString(), mode);
    await writeFile(source, mode);
    await assert.rejects(store.upload(source, target, { mode }), (error) =>
      isAlmagestError(error, "RESOURCES.EXISTS"),
    );
  }
  assert.equal(await readlink(join(root, "out/relsymlink")), "../in/relsymlink");
  const listed = await Array.fromAsync(store.list(toFileUri(join(root, "in"))), ({ uri }) =>
    toLocalPath(uri),
  );
  assert.equal(listed.length, 5);
  assert.equal(await store.remove(join(root, "out/copy")), true);
  assert.equal(await store.remove(join(root, "out/copy")), false);
  assert.equal(await store.info(join(root, "out/copy")), undefined);
  await assert.rejects(store.read(join(root, "none")), (error) =>
    isAlmagestError(error, "RESOURCES.MISSING"),
  );
});

test("part of a file is read without the rest", async (t) => {
  const path = join(await folder(t), "f");
  await writeFile(path, "0123456789");
  const bytes = await createFileStore().read(path, { start: 3, end: 6 });
  assert.equal(Buffer.from(bytes).toString(), "345");
});

test("no path leaves its root", () => {
  assert.equal(resolveWithin("/r", "a/../b"), "/r/b");
  for (const evil of ["../x", "a/../../x", "/../x", "x\0y"]) {
    assert.throws(
      () => resolveWithin("/r/s", evil),
      (error) => isAlmagestError(error, "RESOURCES.OUTSIDE"),
      evil,
    );
  }
});

test("URIs and paths are told apart", () => {
  assert.equal(uriScheme("s3://bucket/key"), "s3");
  assert.equal(uriScheme("/a/b"), "file");
  assert.equal(toLocalPath(toFileUri("/a b/ü#?.txt")), "/a b/ü#?.txt");
  assert.equal(isAbsoluteUri("a/b"), false);
  assert.equal(isAbsoluteUri("https://x/y"), true);
  assert.equal(isTemporaryName(temporaryName("/a/b.fits")), true);
  assert.equal(isTemporaryName("/a/b.fits"), false);
  assert.equal(isTemporaryName("/a/.b.fits.claims.part/0123456789abcdef"), true);
});
