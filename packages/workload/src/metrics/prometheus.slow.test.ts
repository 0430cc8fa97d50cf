import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createTokenVerifier, openLaptopIssuer } from "@almagest/identity";
import { checkMetrics, missingForPrometheus, startPrometheus } from "@almagest/servers";
import { openWorkload } from "../manager/open-workload.ts";
import { startPandaServer } from "../panda/server.ts";
import { simpleQueue } from "../testing/simple-queue.ts";

const missing = missingForPrometheus();

test("a real Prometheus scrapes the service with a reader's token, and its tool has nothing to say against the text", {
  skip: missing === "" ? false : missing,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "metrics-"));
  const issuer = await openLaptopIssuer(folder);
  const manager = await openWorkload(":memory:");
  const server = await startPandaServer(manager, { access: { verify: createTokenVerifier([issuer.trust]) } });
  const prometheus = await startPrometheus(server.url, await issuer.issue("prometheus", ["reader"], 600));
  t.after(async () => {
    await prometheus.stop();
    await server.close();
    await manager.close();
    rmSync(folder, { recursive: true });
  });
  await manager.defineQueue(simpleQueue("Q", "US"));
  await manager.setShares({ US: 1 });
  await manager.subscribe("messages");
  const jobs = [
    { name: "a", task: 'odd "label"\\' },
    { name: "b", task: 'odd "label"\\' },
  ];
  await manager.submit({ key: "k", name: "w", tasks: [{ label: jobs[0]!.task }], jobCount: 2 }, jobs);
  const [order] = await manager.acquire({ queue: "Q", worker: "w", count: 1 });
  await manager.report({ attemptId: order!.attemptId, status: "finished" });
  assert.equal(checkMetrics(await manager.metrics()), "");
  const query = 'workload_jobs{status="finished"}';
  let found = await prometheus.query(query);
  for (const end = performance.now() + 20_000; found.length === 0; found = await prometheus.query(query)) {
    assert.ok(performance.now() < end, "nothing was scraped");
    await sleep(50);
  }
  assert.deepEqual([found[0]!.value, found[0]!.labels.label], [1, jobs[0]!.task]);
  const [median] = await prometheus.query("histogram_quantile(0.5, workload_commit_seconds_bucket)");
  assert.ok(median!.value > 0 && median!.value <= 5);
});
