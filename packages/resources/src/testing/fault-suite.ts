import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import type { Fault, FaultProxy } from "@almagest/servers";
import { isTemporaryName } from "../durable-file.ts";
import type { Backoff } from "../http/backoff.ts";
import type { ResourceStore } from "../resource-store.ts";
import { randomBytesOf, refuses } from "./store-suite.ts";

/** A remote store reached through a proxy that spoils exchanges. */
export interface FaultyStore {
  readonly proxy: FaultProxy;
  readonly store: ResourceStore;
  /** Ends with `/`. */
  readonly root: string;
  /** The service tells a checksum by which wrong bytes are noticed when reading, and when writing. */
  readonly checksReads: boolean;
  readonly checksWrites: boolean;
  /** The server itself closes connections, as XRootD does after each refusal. */
  readonly closesConnections?: boolean;
}

const FAULTS: readonly Fault[] = [
  { kind: "status", status: 503 },
  { kind: "status", status: 500 },
  { kind: "status", status: 429, headers: { "retry-after": "0" } },
  { kind: "cut" },
  { kind: "truncate" },
  { kind: "lose-reply" },
  { kind: "hang" },
];

/** What every remote store must survive. Waits are counted, not waited for. */
export function testFaults(name: string, open: (backoff: Partial<Backoff>) => Promise<FaultyStore>): void {
  const openQuiet = (): Promise<FaultyStore> => open({ wait: async () => {}, random: () => 0.5 });

  for (const fault of FAULTS) {
    const label = fault.kind === "status" ? `status ${fault.status}` : fault.kind;
    test(`${name}: one ${label} each time changes nothing`, async () => {
      const { proxy, store, root } = await openQuiet();
      const last = new Map<string, number>();
      let spoiled = 0;
      // The first try of every different request is spoiled.
      proxy.setFaults(({ method, path }) => {
        const key = `${method} ${path.replace(/[0-9a-f]{12}/g, "")}`;
        last.set(key, (last.get(key) ?? 0) + 1);
        if (last.get(key)! > 1) return undefined;
        spoiled++;
        return fault;
      });
      try {
        const bytes = randomBytesOf(5000, 1);
        await store.write(`${root}x`, bytes);
        assert.deepEqual(Buffer.from(await store.read(`${root}x`)), Buffer.from(bytes));
        assert.equal((await store.info(`${root}x`))?.sizeBytes, 5000);
        assert.equal(await store.remove(`${root}x`), true);
        assert.equal(await store.info(`${root}x`), undefined);
        assert.ok(spoiled >= 3, `${spoiled} spoiled`);
      } finally {
        proxy.setFaults(() => undefined);
      }
    });
  }

  test(`${name}: a service that stays away is given up, with growing waits, and nothing is stored`, async () => {
    const waits: number[] = [];
    const { proxy, store, root } = await open({
      random: () => 0.5,
      wait: async (ms) => {
        waits.push(ms);
      },
    });
    proxy.setFaults(() => ({ kind: "status", status: 503 }));
    await refuses(store.write(`${root}x`, Buffer.from("x")), "RESOURCES.UNAVAILABLE");
    assert.deepEqual(waits.slice(0, 5), [100, 200, 400, 800, 1600]);
    waits.length = 0;
    proxy.setFaults(() => ({ kind: "status", status: 429, headers: { "retry-after": "7" } }));
    await refuses(store.read(`${root}x`), "RESOURCES.UNAVAILABLE");
    assert.ok(waits.every((ms) => ms === 7000));
    proxy.setFaults(() => undefined);
    assert.equal(await store.info(`${root}x`), undefined);
  });

  test(`${name}: wrong bytes are noticed and asked for again`, async (t) => {
    const { proxy, store, root, checksReads, checksWrites } = await openQuiet();
    if (!checksReads && !checksWrites) return t.skip("the service tells no checksums");
    const bytes = randomBytesOf(5000, 2);
    let faults = 1;
    if (checksWrites) {
      proxy.setFaults(({ method }) =>
        method === "PUT" && faults-- > 0 ? { kind: "corrupt-request" } : undefined,
      );
      await store.write(`${root}x`, bytes).catch(() => undefined);
      proxy.setFaults(() => undefined);
      const stored = await store.info(`${root}x`);
      if (stored !== undefined)
        assert.deepEqual(Buffer.from(await store.read(`${root}x`)), Buffer.from(bytes));
    }
    await store.write(`${root}x`, bytes, { overwrite: true });
    if (checksReads) {
      faults = 1;
      proxy.setFaults(({ method }) => (method === "GET" && faults-- > 0 ? { kind: "corrupt" } : undefined));
      assert.deepEqual(Buffer.from(await store.read(`${root}x`)), Buffer.from(bytes));
      proxy.setFaults(({ method }) => (method === "GET" ? { kind: "corrupt" } : undefined));
      await refuses(store.read(`${root}x`), "RESOURCES.UNAVAILABLE");
    }
    proxy.setFaults(() => undefined);
  });

  test(`${name}: a hundred writes under random faults: what was acknowledged is there, whole`, async () => {
    const { proxy, store, root } = await openQuiet();
    const random = createRandom(11);
    proxy.setFaults(() => {
      if (random.uniform() > 0.25) return undefined;
      // A hang costs its whole time-out: seldom.
      return random.uniform() < 0.05 ? { kind: "hang" } : FAULTS[random.integer(FAULTS.length - 1)];
    });
    const acknowledged: number[] = [];
    for (let index = 0; index < 100; index += 10) {
      await Promise.all(
        Array.from({ length: 10 }, async (_, lane) => {
          const written = await store.write(`${root}${index + lane}`, randomBytesOf(3000, index + lane)).then(
            () => true,
            () => false,
          );
          if (written) acknowledged.push(index + lane);
        }),
      );
    }
    proxy.setFaults(() => undefined);
    assert.ok(acknowledged.length > 80, `${acknowledged.length} acknowledged`);
    for (const index of acknowledged) {
      assert.deepEqual(
        Buffer.from(await store.read(`${root}${index}`)),
        Buffer.from(randomBytesOf(3000, index)),
      );
    }
    // What was under way when its writer gave up may lie about under a name that fsck knows.
    for await (const { uri, sizeBytes } of store.list(root))
      assert.ok(sizeBytes === 3000 || isTemporaryName(uri), `${uri} has ${sizeBytes} bytes`);
  });

  test(`${name}: connections are kept`, async (t) => {
    const { proxy, store, root, closesConnections } = await openQuiet();
    if (closesConnections) return t.skip("the server closes them");
    const before = proxy.connections();
    for (let index = 0; index < 20; index++) await store.write(`${root}k${index}`, Buffer.from("x"));
    assert.ok(proxy.connections() - before <= 2, `${proxy.connections() - before} connections`);
  });
}
