import assert from "node:assert/strict";
import { createManualClock } from "@almagest/base";
import { simpleQueue } from "../testing/simple-queue.ts";
import { OFFER, openManager, START_MS, workflow } from "../testing/small-workflows.ts";
import { onEveryStore, usesStores } from "../testing/tested-stores.ts";
import type { JobSpec } from "../workflow-spec.ts";
import type { JobOrder } from "./acquire-jobs.ts";
import { openWorkload } from "./open-workload.ts";

usesStores();

onEveryStore("every refusal has its reason, and the reason goes when a queue fits", async (t, place) => {
  const { manager } = await openManager(t, place);
  await manager.defineQueue(simpleQueue("small", "US", { memoryMb: 1000 }));
  await manager.defineQueue(simpleQueue("far", "FR"));
  const jobs: JobSpec[] = [{ name: "big", task: "x", request: { memoryMb: 9000, inputsAt: ["US"] } }];
  const { firstJob } = await manager.submit(workflow(jobs), jobs);
  assert.deepEqual((await manager.explain(firstJob)).reasons, [
    "queue small refuses it: asks 9000 MB of memory, the queue gives at most 1000",
    "queue far refuses it: inputs are at US, not at FR",
  ]);
  await manager.defineQueue(simpleQueue("small", "US", { memoryMb: 10_000 }));
  assert.deepEqual((await manager.explain(firstJob)).reasons, [
    "waits at queue small for a pilot to take it",
  ]);
});

onEveryStore("facility shares are honoured over time", async (t, place) => {
  const { manager, clock } = await openManager(t, place);
  await manager.setShares({ US: 35, FR: 40, UK: 25 });
  for (const facility of ["US", "FR", "UK"]) {
    await manager.defineQueue(simpleQueue(facility, facility, { backlog: 10 }));
  }
  const jobs = Array.from({ length: 2000 }, (_, index): JobSpec => ({ name: `j${index}`, task: "x" }));
  await manager.submit(workflow(jobs), jobs);
  const done: Record<string, number> = { US: 0, FR: 0, UK: 0 };
  // Facilities of unequal speed take until the first runs short of work; shares still decide who gets it.
  while (done.US! + done.FR! + done.UK! < 1500) {
    const taken: JobOrder[] = [];
    for (const queue of ["US", "FR", "UK"])
      taken.push(...(await manager.acquire({ ...OFFER, queue, count: 30 })));
    await Promise.all(taken.map(({ attemptId }) => manager.report({ attemptId, status: "running" })));
    clock.advance(60_000);
    for (const order of taken) {
      done[order.queue]!++;
    }
    await Promise.all(taken.map(({ attemptId }) => manager.report({ attemptId, status: "finished" })));
  }
  const total = done.US! + done.FR! + done.UK!;
  for (const [facility, share] of [
    ["US", 0.35],
    ["FR", 0.4],
    ["UK", 0.25],
  ] as const) {
    assert.ok(Math.abs(done[facility]! / total - share) < 0.05, `${facility}: ${done[facility]! / total}`);
  }
});

onEveryStore("what was learned and decided survives a restart", async (t, place) => {
  const clock = createManualClock(START_MS);
  const first = await openWorkload(place, { clock });
  await first.defineQueue(simpleQueue("Q", "US"));
  const jobs = Array.from({ length: 30 }, (_, index): JobSpec => ({ name: `j${index}`, task: "x" }));
  await first.submit(workflow(jobs), jobs);
  for (const { attemptId } of await first.acquire({ ...OFFER, count: 12 })) {
    await first.report({ attemptId, status: "running" });
    clock.advance(100_000);
    await first.report({ attemptId, status: "finished", maxMemoryKb: 3_000_000 });
  }
  await first.close();
  const second = await openWorkload(place, { clock });
  t.after(() => second.close());
  const more = [{ name: "later", task: "x" }];
  await second.submit(workflow(more, { key: "k2" }), more);
  const orders = await second.acquire({ ...OFFER, count: 30 });
  assert.equal(orders.length, 19);
  const later = orders.find(({ jobName }) => jobName === "later")!;
  assert.ok(later.memoryMb > 3000 && later.memoryMb < 5000, `${later.memoryMb}`);
});
