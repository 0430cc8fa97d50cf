import assert from "node:assert/strict";
import { after, before, test } from "node:test";
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
import { createRepository } from "./create-repository.ts";
import { openRemoteButler } from "./remote/remote-butler.ts";
import { startButlerServer } from "./server/butler-server.ts";
import { at, DETECTORS, newRemoteRepository, useRemoteRepository } from "./testing/remote-repository.ts";

let ceph: CephServer | undefined;
let proxy: FaultProxy;
let count = 0;

test("a repository keeps its files in memory", (t) => useRemoteRepository(t, "mem://test/repo"));

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

  test("a repository keeps its files on S3 (Ceph)", async (t) => useRemoteRepository(t, await newRoot()));

  test("a server of it sends readers to addresses that S3 signs, and tells sizes itself", async (t) => {
    const { butler } = await newRemoteRepository(t, await newRoot());
    const ref = await butler.put({ gain: 2.5 }, "notes", at(3));
    const server = await startButlerServer(butler);
    t.after(() => server.stop(0));
    const remote = await openRemoteButler({ url: server.url });
    const url = await remote.getUri(ref);
    assert.ok(url.startsWith(server.url));
    const sent = await fetch(url, { redirect: "manual" });
    assert.equal(sent.status, 307);
    const signed = new URL(sent.headers.get("location")!);
    assert.equal(signed.searchParams.get("X-Amz-Expires"), "300");
    assert.ok(!signed.href.includes(ceph!.secretKey));
    const part = await fetch(url, { headers: { range: "bytes=0-3" } });
    assert.deepEqual([part.status, await part.text()], [206, "gain"]);
    const head = await fetch(url, { method: "HEAD" });
    const file = (await butler.storedFiles([ref])).flat()[0]!;
    assert.equal(head.headers.get("content-length"), `${file.sizeBytes}`);
    assert.deepEqual(await remote.get(ref), { gain: 2.5 });
  });

  test("puts under random faults of S3 lose nothing that was acknowledged, and fsck finds nothing", async (t) => {
    const { butler } = await newRemoteRepository(t, await newRoot());
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
    const { butler } = await newRemoteRepository(t, await newRoot());
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
