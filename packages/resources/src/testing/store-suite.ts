import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { digestOf } from "../parts.ts";
import type { ResourceStore } from "../resource-store.ts";

/** A store under test, and a place in it where nothing is. */
export interface StoreUnderTest {
  readonly store: ResourceStore;
  /** Ends with `/`. */
  readonly root: string;
}

/** Bytes without pattern, the same for the same seed. */
export function randomBytesOf(sizeBytes: number, seed: number): Uint8Array {
  const key = Buffer.alloc(16);
  key.writeUInt32LE(seed);
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));
}

/** Fails unless a promise is refused with one of our codes. */
export async function refuses(work: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(work, (error) => {
    if (!isAlmagestError(error, code)) throw error;
    return true;
  });
}

/** Names with every character that some service treats in its own way. */
export const NAMES: readonly string[] = [
  "plain.txt",
  "a b/ü#?%+&=.fits",
  "deep/er/and deeper/x'(1)*!.json",
  "100%/x%2Fy",
];

/** What every store must do alike. `open` is called once for each test. */
export function testStore(
  name: string,
  open: () => Promise<StoreUnderTest>,
  encode: (path: string) => string,
  names = NAMES,
): void {
  test(`${name}: bytes come back under every name, whole and in part`, async () => {
    const { store, root } = await open();
    for (const [index, path] of names.entries()) {
      const uri = root + encode(path);
      const bytes = randomBytesOf(1000 + index, index);
      await store.write(uri, bytes);
      assert.deepEqual(Buffer.from(await store.read(uri)), Buffer.from(bytes), path);
      assert.deepEqual(
        Buffer.from(await store.read(uri, { start: 10, end: 20 })),
        Buffer.from(bytes.subarray(10, 20)),
      );
      assert.deepEqual(
        Buffer.from(await store.read(uri, { start: 990, end: 5000 })),
        Buffer.from(bytes.subarray(990)),
      );
      assert.equal((await store.info(uri))?.sizeBytes, bytes.length);
    }
    const listed = await Array.fromAsync(store.list(root), ({ uri, sizeBytes }) => `${uri} ${sizeBytes}`);
    assert.deepEqual(
      listed.sort(),
      names.map((path, index) => `${root}${encode(path)} ${1000 + index}`).sort(),
    );
    for await (const { modifiedMs = 0 } of store.list(root)) assert.ok(modifiedMs > Date.UTC(2020, 0));
    for (const path of names) assert.equal(await store.remove(root + encode(path)), true);
    assert.deepEqual(await Array.fromAsync(store.list(root)), []);
  });

  test(`${name}: what is not there is said to be missing`, async () => {
    const { store, root } = await open();
    const uri = `${root}none`;
    assert.equal(await store.info(uri), undefined);
    await refuses(store.read(uri), "RESOURCES.MISSING");
    await refuses(store.read(uri, { start: 0, end: 5 }), "RESOURCES.MISSING");
    await refuses(store.toLocal(uri), "RESOURCES.MISSING");
    await store.remove(uri);
    assert.deepEqual(await Array.fromAsync(store.list(`${root}nothing/here/`)), []);
  });

  test(`${name}: empty objects, and objects of exactly a part`, async () => {
    const { store, root } = await open();
    for (const size of [0, 1, 8 * 1024 * 1024]) {
      const bytes = randomBytesOf(size, size);
      await store.write(`${root}size${size}`, bytes);
      assert.equal(digestOf("md5", await store.read(`${root}size${size}`)), digestOf("md5", bytes));
      assert.equal((await store.info(`${root}size${size}`))?.sizeBytes, size);
    }
  });

  test(`${name}: an existing name is refused, unless it is to be replaced`, async () => {
    const { store, root } = await open();
    const uri = `${root}once`;
    await store.write(uri, Buffer.from("one"));
    await refuses(store.write(uri, Buffer.from("two")), "RESOURCES.EXISTS");
    assert.equal(Buffer.from(await store.read(uri)).toString(), "one");
    await store.write(uri, Buffer.from("three"), { overwrite: true });
    assert.equal(Buffer.from(await store.read(uri)).toString(), "three");
  });

  test(`${name}: of many writers of one name exactly one succeeds`, async () => {
    const { store, root } = await open();
    const uri = `${root}contested`;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => store.write(uri, Buffer.from(`writer ${index}`))),
    );
    const winners = outcomes.flatMap(({ status }, index) => (status === "fulfilled" ? [index] : []));
    assert.equal(winners.length, 1);
    assert.equal(Buffer.from(await store.read(uri)).toString(), `writer ${winners[0]}`);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected" && !isAlmagestError(outcome.reason, "RESOURCES.EXISTS"))
        throw outcome.reason;
    }
  });

  test(`${name}: files go up and come down, with their checksums`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "almagest-suite-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const { store, root } = await open();
    for (const size of [5, 20 * 1024 * 1024 + 7]) {
      const bytes = randomBytesOf(size, 7);
      const path = join(folder, "up");
      const uri = `${root}big/${size}.bin`;
      await writeFile(path, bytes);
      const stored = await store.upload(path, uri, { checksum: true });
      assert.equal(stored?.sizeBytes, size);
      assert.equal(stored?.checksum, digestOf("blake2b512", bytes));
      await refuses(store.upload(path, uri), "RESOURCES.EXISTS");
      await store.download(uri, join(folder, "down"));
      assert.equal(digestOf("md5", await readFile(join(folder, "down"))), digestOf("md5", bytes));
      assert.equal(digestOf("md5", await store.read(uri)), digestOf("md5", bytes));
      let seen = "";
      {
        await using local = await store.toLocal(uri);
        seen = local.path;
        assert.equal((await stat(seen)).size, size);
      }
      if (!uri.startsWith("file:")) await assert.rejects(stat(seen), { code: "ENOENT" });
      await store.upload(path, uri, { mode: "move", overwrite: true });
      await assert.rejects(stat(path), { code: "ENOENT" });
    }
  });

  test(`${name}: no name leads out of the store`, async () => {
    const { store, root } = await open();
    await refuses(store.write(`${root}a%00b`, Buffer.from("x")), "RESOURCES.URI_INVALID");
  });
}
