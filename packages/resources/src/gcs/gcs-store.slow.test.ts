import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type FakeGcs,
  type FaultProxy,
  missingForFakeGcs,
  startFakeGcs,
  startFaultProxy,
} from "@almagest/servers";
import { encodePath } from "../remote-uri.ts";
import { testFaults } from "../testing/fault-suite.ts";
import { refuses, testStore } from "../testing/store-suite.ts";
import { createGcsStore } from "./gcs-store.ts";

const missing = missingForFakeGcs();
let emulator: FakeGcs;
let proxy: FaultProxy;
let buckets = 0;

async function newBucket(): Promise<string> {
  const name = `bucket-${buckets++}`;
  await emulator.createBucket(name);
  return name;
}

if (missing !== "") {
  test("Google Cloud Storage against an emulator", (t) => t.skip(missing));
} else {
  before(async () => {
    emulator = await startFakeGcs();
    proxy = await startFaultProxy(emulator.endpoint);
  });
  after(async () => {
    await proxy?.close();
    await emulator?.stop();
  });

  const open = async () => ({
    store: createGcsStore({ env: { STORAGE_EMULATOR_HOST: emulator.endpoint } }),
    root: `gs://${await newBucket()}/some/where/`,
  });
  testStore("GCS (fake-gcs-server)", open, encodePath);

  testFaults("GCS (fake-gcs-server)", async (backoff) => ({
    proxy,
    store: createGcsStore({ env: { STORAGE_EMULATOR_HOST: proxy.url }, backoff, idleMs: 300 }),
    root: `gs://${await newBucket()}/`,
    checksReads: true,
    checksWrites: true,
  }));

  test("listing goes through all pages", async () => {
    const { store, root } = await open();
    await Promise.all(
      Array.from({ length: 1100 }, (_, index) => store.write(`${root}${index}`, Buffer.from("x"))),
    );
    assert.equal((await Array.fromAsync(store.list(root))).length, 1100);
  });

  test("a bucket that is not there is said to be missing, and a name without one is refused", async () => {
    const { store } = await open();
    await refuses(store.write("gs://no-such-bucket/x", Buffer.from("y")), "RESOURCES.MISSING");
    await refuses(store.read("gs:///x"), "RESOURCES.URI_INVALID");
    await refuses(store.signedUrl!("gs://bucket/x", { expiresSec: 60 }), "RESOURCES.CREDENTIALS");
  });

  test("an object that is replaced while it is read in parts is never mixed with the next", async () => {
    const { store, root } = await open();
    const through = createGcsStore({ env: { STORAGE_EMULATOR_HOST: proxy.url } });
    const size = 20 * 1024 * 1024;
    await store.write(`${root}x`, Buffer.alloc(size, 1));
    let replaced: Promise<void> | undefined;
    proxy.setFaults(({ path, headers }) => {
      if (path.includes("alt=media") && headers.range !== undefined)
        replaced ??= store.write(`${root}x`, Buffer.alloc(size, 2), { overwrite: true });
      return undefined;
    });
    const bytes = await through.read(`${root}x`);
    proxy.setFaults(() => undefined);
    await replaced;
    assert.ok(bytes.every((byte) => byte === bytes[0]));
  });
}
