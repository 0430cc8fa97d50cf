import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { createManualClock } from "@almagest/base";
import { simpleQueue } from "../testing/simple-queue.ts";
import { onEveryStore, usesStores } from "../testing/tested-stores.ts";
import type { JobSpec, TaskSpec } from "../workflow-spec.ts";
import { openWorkload } from "./open-workload.ts";
import type { WorkloadManager } from "./workload-manager.ts";

usesStores();

async function open(t: TestContext, place: string) {
  const clock = createManualClock(1_700_000_000_000);
  const manager = await openWorkload(place, { clock });
  t.after(() => manager.close());
  return { manager, clock };
}

const flat = (count: number, task = "x"): JobSpec[] =>
  Array.from({ length: count }, (_, index) => ({ name: `${task}${index}`, task }));

const submit = (manager: WorkloadManager, jobs: readonly JobSpec[], tasks: readonly TaskSpec[]) =>
  manager.submit({ key: `k${tasks[0]!.label}`, name: "w", tasks, jobCount: jobs.length }, jobs);

onEveryStore("groups of tasks get their shares, and what one leaves the others take", async (t, place) => {
  const { manager, clock } = await open(t, place);
  await manager.setGroupShares({ production: 75, user: 25 });
  await manager.defineQueue(simpleQueue("Q", "US", { backlog: 50 }));
  const request = { wallSec: 60 };
  const counts: Record<string, number> = { user: 0, prod: 0 };
  const run = async (jobs: number): Promise<void> => {
    for (let taken = 0; taken < jobs; ) {
      const orders = await manager.acquire({ queue: "Q", worker: "w", count: 25 });
      for (const { label } of orders) counts[label]!++;
      taken += orders.length;
      await Promise.all(orders.map(({ attemptId }) => manager.report({ attemptId, status: "running" })));
      clock.advance(60_000);
      await Promise.all(orders.map(({ attemptId }) => manager.report({ attemptId, status: "finished" })));
    }
  };
  await submit(manager, flat(1200, "user"), [{ label: "user", share: "user", priority: 2000, request }]);
  await run(200);
  assert.equal(counts.user, 200, "alone it takes all");
  await submit(manager, flat(1200, "prod"), [{ label: "prod", share: "production", request }]);
  // Production is served first until it has its part, although the other is more urgent; then both in proportion.
  await run(1000);
  const part = counts.prod! / (counts.prod! + counts.user!);
  assert.ok(Math.abs(part - 0.75) < 0.03, `${counts.prod} of production, ${counts.user} of users`);
});

onEveryStore("a task has no more jobs active than it may", async (t, place) => {
  const { manager } = await open(t, place);
  await manager.defineQueue(simpleQueue("Q", "US"));
  const { firstJob } = await submit(manager, flat(10), [{ label: "x", maxActive: 3 }]);
  const offer = { queue: "Q", worker: "w", count: 10 };
  const orders = await manager.acquire(offer);
  assert.equal(orders.length, 3);
  assert.deepEqual((await manager.explain(firstJob + 9)).reasons, [
    "its task may have 3 jobs active at once, and has",
  ]);
  await manager.report({ attemptId: orders[0]!.attemptId, status: "finished" });
  assert.equal((await manager.acquire(offer)).length, 1);
});

onEveryStore("the more urgent task goes first", async (t, place) => {
  const { manager } = await open(t, place);
  await submit(manager, flat(3, "low"), [{ label: "low" }]);
  await submit(manager, flat(3, "high"), [{ label: "high", priority: 2000 }]);
  await manager.defineQueue(simpleQueue("Q", "US"));
  const orders = await manager.acquire({ queue: "Q", worker: "w", count: 4 });
  assert.deepEqual(
    orders.map(({ label }) => label),
    ["high", "high", "high", "low"],
  );
});

onEveryStore("short jobs are packed into one hand-out, long ones are not", async (t, place) => {
  const { manager, clock } = await open(t, place);
  await manager.defineQueue(simpleQueue("Q", "US"));
  await submit(
    manager,
    [...flat(100, "short"), ...flat(100, "long")],
    [{ label: "short" }, { label: "long" }],
  );
  const offer = { queue: "Q", worker: "w", count: 1 };
  const task = (label: string): number => [1, 2].find((id) => manager.task(id)!.spec.label === label)!;
  for (const [label, wallMs] of [
    ["short", 10_000],
    ["long", 900_000],
  ] as const) {
    assert.equal(
      (await manager.acquire({ ...offer, packSec: 300, taskId: task(label) })).length,
      1,
      "nothing is known yet",
    );
    for (const { attemptId } of await manager.acquire({ ...offer, count: 10, taskId: task(label) })) {
      await manager.report({ attemptId, status: "running" });
      clock.advance(wallMs);
      await manager.report({ attemptId, status: "finished" });
    }
  }
  const packed = await manager.acquire({ ...offer, packSec: 300, taskId: task("short") });
  assert.ok(packed.length >= 25 && packed.length <= 30, `${packed.length} of 10 s each in 300 s`);
  assert.equal((await manager.acquire({ ...offer, packSec: 300, taskId: task("long") })).length, 1);
  assert.equal(
    (await manager.acquire({ ...offer, taskId: task("short") })).length,
    1,
    "only who asks gets packs",
  );
});
