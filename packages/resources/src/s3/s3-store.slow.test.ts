import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type CephServer,
  type FaultProxy,
  missingForCeph,
  startCeph,
  startFaultProxy,
} from "@almagest/servers";
import { createHttpClient } from "../http/http-client.ts";
import { digestOf } from "../parts.ts";
import { encodePath } from "../remote-uri.ts";
import { testFaults } from "../testing/fault-suite.ts";
import { randomBytesOf, refuses, testStore } from "../testing/store-suite.ts";
import { createS3Client } from "./s3-client.ts";
import { createS3Store } from "./s3-store.ts";

const missing = missingForCeph();
let ceph: CephServer;
let proxy: FaultProxy;
let buckets = 0;

function environment(endpoint: string): Record<string, string> {
  return {
    S3_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: ceph.accessKey,
    AWS_SECRET_ACCESS_KEY: ceph.secretKey,
    HOME: "/nonexistent",
  };
}

async function newBucket(): Promise<string> {
  const name = `bucket-${buckets++}`;
  const credentials = { accessKeyId: ceph.accessKey, secretAccessKey: ceph.secretKey };
  const http = createHttpClient();
  const client = createS3Client({ endpoint: ceph.endpoint, region: "us-east-1", credentials }, http);
  assert.equal((await client.send({ method: "PUT", bucket: name })).status, 200);
  http.close();
  return name;
}

if (missing !== "") {
  test("S3 against a real Ceph", (t) => t.skip(missing));
} else {
  before(async () => {
    ceph = await startCeph();
    proxy = await startFaultProxy(ceph.endpoint);
  });
  after(async () => {
    await proxy?.close();
    await ceph?.stop();
  });

  const open = async () => ({
    store: createS3Store({ env: environment(ceph.endpoint) }),
    root: `s3://${await newBucket()}/some/where/`,
  });
  testStore("S3 (Ceph)", open, encodePath);

  testFaults("S3 (Ceph)", async (backoff) => ({
    proxy,
    store: createS3Store({ env: environment(proxy.url), backoff, idleMs: 300 }),
    root: `s3://${await newBucket()}/`,
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

  test("a signed URL reads and writes without credentials, and ends", async () => {
    const { store, root } = await open();
    const put = await store.signedUrl!(`${root}signed+1`, { method: "PUT", expiresSec: 60 });
    assert.equal((await fetch(put, { method: "PUT", body: "hello" })).status, 200);
    const get = await store.signedUrl!(`${root}signed+1`, { expiresSec: 60 });
    assert.equal(await (await fetch(get)).text(), "hello");
    assert.equal((await fetch(get.replace("signed", "other"))).status, 403);
  });

  test("wrong keys are refused with a reason, and no keys are anonymous", async () => {
    const { root, store } = await open();
    await store.write(`${root}x`, Buffer.from("x"));
    const wrong = createS3Store({ env: { ...environment(ceph.endpoint), AWS_SECRET_ACCESS_KEY: "wrong" } });
    await refuses(wrong.read(`${root}x`), "RESOURCES.FORBIDDEN");
    const anonymous = createS3Store({ env: { S3_ENDPOINT_URL: ceph.endpoint, HOME: "/nonexistent" } });
    await refuses(anonymous.write(`${root}y`, Buffer.from("y")), "RESOURCES.FORBIDDEN");
    await refuses(store.write("s3://no-such-bucket/x", Buffer.from("y")), "RESOURCES.MISSING");
  });

  test("an upload killed half-way is continued with the parts it has", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "almagest-s3-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const bytes = randomBytesOf(60 * 1024 * 1024, 3);
    const path = join(folder, "big");
    await writeFile(path, bytes);
    const uri = `s3://${await newBucket()}/big`;
    const parts = (): string[] =>
      proxy.seen.flatMap(({ method, path: asked }) =>
        method === "PUT" && asked.includes("partNumber") ? [/partNumber=(\d+)/.exec(asked)![1]!] : [],
      );
    proxy.seen.length = 0;
    // Parts after the third never get through: the child waits for them until it is killed.
    proxy.setFaults(({ path: asked }) =>
      Number(/partNumber=(\d+)/.exec(asked)?.[1] ?? 0) > 3 ? { kind: "hang" } : undefined,
    );
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, "../testing/upload-child.ts"), path, uri],
      {
        env: { ...process.env, ...environment(proxy.url) },
        stdio: "inherit",
      },
    );
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const client = createS3Store({ env: environment(ceph.endpoint) });
    while (parts().length < 7) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGKILL");
    await ended;
    assert.equal(await client.info(uri), undefined);
    proxy.setFaults(() => undefined);
    proxy.seen.length = 0;
    const store = createS3Store({ env: environment(proxy.url) });
    const stored = await store.upload(path, uri, { checksum: true });
    assert.equal(stored?.checksum, digestOf("blake2b512", bytes));
    assert.deepEqual(
      parts()
        .map(Number)
        .sort((a, b) => a - b),
      [4, 5, 6, 7, 8],
    );
    assert.equal(digestOf("md5", await store.read(uri)), digestOf("md5", bytes));
  });

  test("an unfinished upload of other bytes is not continued", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "almagest-s3-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const uri = `s3://${await newBucket()}/big`;
    const store = createS3Store({ env: environment(proxy.url), backoff: { attempts: 1 } });
    proxy.setFaults(({ path }) => (path.includes("partNumber=3") ? { kind: "cut" } : undefined));
    await writeFile(join(folder, "a"), randomBytesOf(24 * 1024 * 1024, 1));
    await writeFile(join(folder, "b"), randomBytesOf(24 * 1024 * 1024, 2));
    await refuses(store.upload(join(folder, "a"), uri), "RESOURCES.UNAVAILABLE");
    proxy.setFaults(() => undefined);
    await store.upload(join(folder, "b"), uri);
    assert.equal(digestOf("md5", await store.read(uri)), digestOf("md5", randomBytesOf(24 * 1024 * 1024, 2)));
  });
}
