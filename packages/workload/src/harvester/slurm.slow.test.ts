import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { AlmagestError } from "@almagest/base";
import { createTokenVerifier, openLaptopIssuer } from "@almagest/identity";
import { missingForSlurm, startSlurm } from "@almagest/servers";
import { openWorkload } from "../manager/open-workload.ts";
import { startPandaServer } from "../panda/server.ts";
import { listWorkers } from "../questions/list-workers.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import type { JobSpec } from "../workflow-spec.ts";
import { harvestOnce } from "./harvest.ts";
import { createSlurm } from "./slurm.ts";

const missing = missingForSlurm();

test("pilots run as arrays of a real Slurm: a graph ends, a crash loses no worker, a dead controller miscounts none", {
  skip: missing === "" ? false : missing,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "slurm-pilots-"));
  chmodSync(folder, 0o755);
  const site = await startSlurm({ nodes: 4, cpus: 4 });
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
  const jobs = Array.from({ length: 40 }, (_, index): JobSpec => {
    return { name: `j${index}`, task: "x", parents: index < 20 ? [] : [index - 20] };
  });
  const tasks = [{ label: "x", payload: { command: ["true"] }, request: { wallSec: 600 } }];
  const submit = (key: string) => manager.submit({ key, name: "w", tasks, jobCount: jobs.length }, jobs);
  const first = await submit("one");
  const plugin = createSlurm({ memoryMb: 500, environment: { ...site.environment } });
  const settings = {
    ...{ harvester: "h", queue: "Q", url: server.url, folder: join(folder, "pilots"), slots: 2 },
    ...{ idleSec: 1, maxWorkers: 6, token: await issuer.issue("p", ["pilot"], 3600) },
  };
  assert.equal(await harvestOnce(manager, plugin, settings), 6);
  assert.equal(await harvestOnce(manager, plugin, settings), 0);
  const drain = async (): Promise<void> => {
    const end = performance.now() + 60_000;
    for (let open = 1; open > 0; open = (await manager.workers("h")).length) {
      assert.ok(performance.now() < end, `pilots do not end: ${JSON.stringify(await manager.workers("h"))}`);
      await sleep(200);
      await harvestOnce(manager, plugin, { ...settings, maxWorkers: 0 });
    }
  };
  await drain();
  assert.equal((await manager.workflow(first.workflowId)).tasks[0]!.state.counts.finished, 40);

  // A harvester that dies between sbatch and the note of it: the next one finds the workers by their names.
  const second = await submit("two");
  const written = await manager.addWorkers("h", "Q", 3);
  const queue = manager.queues()[0]!;
  const ids = await plugin.submit(written, queue, settings);
  await harvestOnce(manager, createSlurm({ environment: { ...site.environment } }), {
    ...settings,
    maxWorkers: 0,
  });
  const found = new Map((await manager.workers("h")).map(({ id, batchId }) => [id, batchId]));
  for (const [id, batchId] of found) assert.equal(batchId, ids.get(id));
  assert.ok(found.size > 0);

  // While the controller is dead a round fails, and changes nothing.
  await site.killController();
  const before = await manager.workers("h");
  await assert.rejects(harvestOnce(manager, plugin, { ...settings, maxWorkers: 0 }), {
    code: "WORKLOAD.BATCH_SYSTEM",
  });
  const kept = new Map((await manager.workers("h")).map(({ id, status }) => [id, status]));
  // A pilot may have said meanwhile that it ended; none is lost.
  for (const { id } of before) assert.ok(!["failed", "missed"].includes(kept.get(id) ?? "finished"));
  // It may have lost what it had not saved: such workers are given up, and others take their place.
  await site.startController();
  const end = performance.now() + 90_000;
  while ((await manager.workflow(second.workflowId)).status !== "done") {
    assert.ok(performance.now() < end, "the second graph does not end");
    await sleep(200);
    await harvestOnce(manager, plugin, settings);
  }
  assert.equal((await manager.workflow(second.workflowId)).tasks[0]!.state.counts.finished, 40);
  await drain();

  // What Slurm refuses is not counted; what is cancelled is told so.
  const refused = createSlurm({ partition: "nowhere", environment: { ...site.environment } });
  await submit("three");
  await assert.rejects(harvestOnce(manager, refused, settings), /nowhere|partition/);
  assert.equal((await manager.workers("h")).filter(({ batchId }) => batchId !== "").length, 0);
  // Longer than the partition allows: the reason why it waits is told.
  const endless = createSlurm({ wallSec: 30 * 86_400, environment: { ...site.environment } });
  assert.equal(await harvestOnce(manager, endless, settings), 6);
  await sleep(1500);
  await harvestOnce(manager, endless, settings);
  for (const { text } of await manager.workers("h")) assert.match(text, /^PENDING: Partition/);
  const open = await manager.workers("h");
  assert.ok(open.length > 0);
  await plugin.cancel(open);
  await drain();
});

test("the same through slurmrestd with a token: a graph ends, workers written down before a crash are found, cancelled ones end, a bad token is told", {
  skip: missing === "" ? false : missing,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "slurm-rest-"));
  chmodSync(folder, 0o755);
  const site = await startSlurm({ nodes: 2, cpus: 2, rest: true });
  const manager = await openWorkload(join(folder, "w.db"));
  const server = await startPandaServer(manager);
  t.after(async () => {
    await server.close();
    await manager.close();
    await site.stop();
    rmSync(folder, { recursive: true });
  });
  const tokenFile = join(folder, "slurm.token");
  writeFileSync(tokenFile, site.createToken("root"), { mode: 0o600 });
  await manager.defineQueue(simpleQueue("Q", "US", { cores: 4, memoryMb: 4000, wallSec: 3600 }));
  const jobs = Array.from({ length: 8 }, (_, index): JobSpec => {
    return { name: `j${index}`, task: "x", parents: index < 4 ? [] : [index - 4] };
  });
  const tasks = [{ label: "x", payload: { command: ["true"] }, request: { wallSec: 600 } }];
  const submit = (key: string) => manager.submit({ key, name: "w", tasks, jobCount: jobs.length }, jobs);
  const { workflowId } = await submit("one");
  const rest = { url: site.restUrl!, tokenFile, user: "root" };
  const plugin = createSlurm({ memoryMb: 500, rest });
  const settings = {
    ...{ harvester: "h", queue: "Q", url: server.url, folder: join(folder, "pilots"), slots: 1 },
    ...{ idleSec: 1, maxWorkers: 3 },
  };
  const until = async (settled: () => Promise<boolean>, maxWorkers: number): Promise<void> => {
    for (const end = performance.now() + 180_000; !(await settled()); await sleep(500)) {
      assert.ok(performance.now() < end, JSON.stringify(await manager.workers("h")));
      await harvestOnce(manager, plugin, { ...settings, maxWorkers });
    }
  };
  // Submitted, and the harvester died before it wrote that down.
  const queue = manager.queues()[0]!;
  const written = await manager.addWorkers("h", "Q", 2);
  const ids = await plugin.submit(written, queue, settings);
  assert.deepEqual(await plugin.find!(written), ids);
  const requeue = site.run("scontrol", "show", "job", [...ids.values()][0]!);
  assert.match(requeue, /Requeue=0/);
  await until(async () => (await manager.workflow(workflowId)).status === "done", 3);
  assert.equal((await manager.workflow(workflowId)).tasks[0]!.state.counts.finished, 8);
  await until(async () => (await manager.workers("h")).length === 0, 0);
  const ends = (await manager.ask((db, world) => listWorkers(db, world, { all: true }))).map(
    ({ status }) => status,
  );
  assert.ok(ends.length >= 2 && ends.every((status) => status === "finished"), ends.join());
  assert.match(
    (await plugin.log!({ ...written[0]!, batchId: ids.get(written[0]!.id)! }, settings.folder))!,
    /pilot/,
  );

  // More than fit: some wait as one entry of the array, and each is cancelled by itself.
  await submit("two");
  const more = await manager.addWorkers("h", "Q", 6);
  const batchIds = await plugin.submit(more, queue, { ...settings, idleSec: 600 });
  const placed = more.map((worker) => ({ ...worker, batchId: batchIds.get(worker.id)! }));
  const before = await plugin.poll(placed);
  assert.deepEqual(
    [...before.keys()].sort((a, b) => a - b),
    placed.map(({ id }) => id),
  );
  await plugin.cancel(placed);
  const isOver = async (): Promise<boolean> =>
    [...(await plugin.poll(placed)).values()].every(({ status }) => status === "cancelled");
  for (const end = performance.now() + 120_000; !(await isOver()); await sleep(500)) {
    assert.ok(performance.now() < end, JSON.stringify([...(await plugin.poll(placed))]));
  }

  writeFileSync(tokenFile, "eyJ.rubbish.token");
  await assert.rejects(plugin.poll(placed), (error: AlmagestError) => {
    assert.equal(error.code, "WORKLOAD.BATCH_SYSTEM");
    assert.ok(error.retryable && !error.message.includes("rubbish"));
    return true;
  });
});
