import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createTokenVerifier, openLaptopIssuer } from "@almagest/identity";
import { WorkloadClient } from "../client/workload-client.ts";
import { openWorkload } from "../manager/open-workload.ts";
import { startPandaServer } from "../panda/server.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import type { JobSpec } from "../workflow-spec.ts";
import { harvestOnce } from "./harvest.ts";
import { HARVESTER_PLUGINS } from "./harvester-plugin.ts";
import { planWorkers } from "./plan-workers.ts";

test("workers are planned for what runs and waits, within the limits", () => {
  const base = { activated: 0, running: 0, workers: 0, slots: 4, maxWorkers: 10, maxNew: 5 };
  assert.equal(planWorkers(base), 0);
  assert.equal(planWorkers({ ...base, activated: 1 }), 1);
  assert.equal(planWorkers({ ...base, activated: 9, running: 4, workers: 1 }), 3);
  assert.equal(planWorkers({ ...base, activated: 1000 }), 5);
  assert.equal(planWorkers({ ...base, activated: 1000, workers: 8 }), 2);
  assert.equal(planWorkers({ ...base, workers: 3 }), 0);
});

const skip = process.platform === "linux" ? false : "needs Linux: /proc";

test("a harvester over HTTP starts pilots in a local pool, they run a graph on warm workers and end, and the workers are booked", {
  skip,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "pool-"));
  const manager = await openWorkload(join(folder, "w.db"));
  const issuer = await openLaptopIssuer(folder);
  const server = await startPandaServer(manager, { access: { verify: createTokenVerifier([issuer.trust]) } });
  const plugin = HARVESTER_PLUGINS.get("local")!();
  t.after(async () => {
    await plugin[Symbol.asyncDispose]();
    await server.close();
    await manager.close();
    await rm(folder, { recursive: true });
  });
  await manager.defineQueue(simpleQueue("Q", "US"));
  const worker = { command: [process.execPath, join(import.meta.dirname, "../testing/warm-worker.mjs")] };
  const jobs = Array.from({ length: 12 }, (_, index): JobSpec => {
    return { name: `j${index}`, task: "x", parents: index < 3 ? [] : [index - 3] };
  });
  const tasks = [{ label: "x", payload: { worker } }];
  const { workflowId } = await manager.submit({ key: "k", name: "w", tasks, jobCount: 12 }, jobs);
  const setup = { url: server.url, folder: join(folder, "pilots"), slots: 2, idleSec: 0.3 };
  const token = await issuer.issue("p", ["pilot"], 60);
  const settings = { ...setup, token, harvester: "h", queue: "Q", maxWorkers: 1 };
  const operator = await issuer.issue("o", ["operator"], 60);
  const ledger = new WorkloadClient({ url: server.url, token: operator }).ledger();
  assert.equal(await harvestOnce(ledger, plugin, settings), 1);
  assert.equal(await harvestOnce(ledger, plugin, settings), 0);
  while ((await manager.workers("h")).length > 0) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    await harvestOnce(ledger, plugin, settings);
  }
  const { status, tasks: ended } = await manager.workflow(workflowId);
  assert.equal(status, "done");
  assert.equal(ended[0]!.state.counts.finished, 12);
});
