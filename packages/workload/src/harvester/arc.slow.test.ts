import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createTokenVerifier, openLaptopIssuer } from "@almagest/identity";
import { missingForArc, startArc } from "@almagest/servers";
import type { Worker } from "../core/worker-state.ts";
import { openWorkload } from "../manager/open-workload.ts";
import { startPandaServer } from "../panda/server.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import type { JobSpec } from "../workflow-spec.ts";
import { arcDescription, createArc } from "./arc.ts";
import { createArcClient } from "./arc-client.ts";
import { ArcDelegations } from "./arc-delegation.ts";
import { harvestOnce } from "./harvest.ts";
import { readChain } from "./sign-proxy.ts";

const missing = missingForArc();

test("pilots run through a real ARC: a graph ends, a crash loses no worker, a stranger is refused, cancelled ones end", {
  skip: missing === "" ? false : missing,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "arc-pilots-"));
  const site = await startArc({ nodes: 2, cpus: 4 });
  const manager = await openWorkload(join(folder, "w.db"));
  const issuer = await openLaptopIssuer(folder);
  const server = await startPandaServer(manager, { access: { verify: createTokenVerifier([issuer.trust]) } });
  t.after(async () => {
    await server.close();
    await manager.close();
    await site.stop();
    rmSync(folder, { recursive: true });
  });
  await manager.defineQueue(simpleQueue("Q", "US", { cores: 4, memoryMb: 4000, wallSec: 3600 }));
  const tasks = [{ label: "x", payload: { command: ["true"] }, request: { wallSec: 600 } }];
  const jobs = Array.from({ length: 12 }, (_, index): JobSpec => {
    return { name: `j${index}`, task: "x", parents: index < 6 ? [] : [index - 6] };
  });
  const submit = (key: string) => manager.submit({ key, name: "w", tasks, jobCount: jobs.length }, jobs);
  const { workflowId } = await submit("one");
  const who = { url: site.url, queue: site.queue, memoryMb: 500, ca: site.authority.certificate };
  const plugin = createArc({ ...who, certificate: site.user.certificate, key: site.user.key });
  const settings = {
    ...{ harvester: "h", queue: "Q", url: server.url, folder: "", slots: 1, idleSec: 1, maxWorkers: 2 },
    token: await issuer.issue("p", ["pilot"], 3600),
  };
  const stranger = createArc({ ...who, certificate: site.stranger.certificate, key: site.stranger.key });
  await assert.rejects(harvestOnce(manager, stranger, settings), { code: "WORKLOAD.BATCH_SYSTEM" });

  // Two workers that were submitted, and the harvester died before it wrote that down.
  const queue = manager.queues()[0]!;
  const written = await manager.addWorkers("h", "Q", 2);
  const ids = await plugin.submit(written, queue, settings);
  assert.equal(ids.size, 2);
  await harvestOnce(manager, plugin, settings);
  const found = new Map((await manager.workers("h")).map(({ id, batchId }) => [id, batchId]));
  for (const { id } of written) assert.equal(found.get(id), ids.get(id));

  const finish = async (settled: () => Promise<boolean>, maxWorkers: number): Promise<void> => {
    const end = performance.now() + 180_000;
    while (!(await settled())) {
      assert.ok(performance.now() < end, JSON.stringify(await manager.workers("h")));
      await sleep(500);
      await harvestOnce(manager, plugin, { ...settings, maxWorkers });
    }
  };
  await finish(async () => (await manager.workflow(workflowId)).status === "done", 2);
  assert.equal((await manager.workflow(workflowId)).tasks[0]!.state.counts.finished, 12);
  const drained = async (): Promise<boolean> => (await manager.workers("h")).length === 0;
  await finish(drained, 0);

  await submit("two");
  assert.equal(await harvestOnce(manager, plugin, settings), 2);
  await plugin.cancel(await manager.workers("h"));
  await finish(drained, 0);
});

test("a real ARC is lent the user's rights by a proxy, which is renewed before it ends, after a restart too", {
  skip: missing === "" ? false : missing,
}, async (t) => {
  const site = await startArc({ nodes: 1, cpus: 1 });
  const who = { certificate: site.user.certificate, key: site.user.key };
  const client = createArcClient({ url: site.url, ...who, ca: site.authority.certificate });
  t.after(async () => {
    client.close();
    await site.stop();
  });
  const proxyOf = async (id: string) => readChain(await client.readDelegation(id));
  const lasting = new ArcDelegations(client, who, { days: 2, renewHours: 24 });
  const id = await lasting.current();
  const [proxy, user] = await proxyOf(id);
  assert.ok(proxy!.checkIssued(user!) && proxy!.verify(user!.publicKey));
  assert.equal(proxy!.issuer, user!.subject);
  assert.match(proxy!.subject, /CN=Alice Adams\nCN=\d+$/);
  const days = (Date.parse(proxy!.validTo) - Date.now()) / 86_400_000;
  assert.ok(days > 1.9 && days <= 2, `${days} days`);
  assert.equal(await lasting.current(), id);
  assert.equal((await proxyOf(id))[0]!.serialNumber, proxy!.serialNumber);

  const queue = { ...simpleQueue("Q", "US"), id: 1 };
  const worker: Worker = {
    ...{ id: 1, harvester: "h", queueId: 1, batchId: "", status: "pending", text: "" },
    ...{ createdMs: 0, changedMs: 0 },
  };
  const options = { url: site.url, ...who, queue: site.queue, memoryMb: 100, wallSec: 300, setup: [] };
  const setup = { url: "http://127.0.0.1:9", folder: "", slots: 1, idleSec: 1 };
  const [job] = await client.submit([arcDescription(options, worker, queue, setup, id)]);
  assert.match(await client.diagnose(job!.id, "local"), new RegExp(`^delegationid=${id}$`, "m"));

  // Another process knows only the job; what it is lent is due at once.
  const later = new ArcDelegations(client, who, { days: 2, renewHours: 72 });
  await later.keep([job!.id]);
  const [renewed] = await proxyOf(id);
  assert.notEqual(renewed!.serialNumber, proxy!.serialNumber);
  assert.ok(renewed!.checkIssued(user!));
  await client.kill([job!.id]);
});
