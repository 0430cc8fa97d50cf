import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { createManualClock, isAlmagestError } from "@almagest/base";
import { orderJobs } from "../order-jobs.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import { onEveryStore, usesStores } from "../testing/tested-stores.ts";
import type { JobSpec, WorkflowSpec } from "../workflow-spec.ts";
import type { JobOrder } from "./acquire-jobs.ts";
import { openWorkload } from "./open-workload.ts";
import type { WorkloadManager } from "./workload-manager.ts";

usesStores();

const START_MS = 1_700_000_000_000;

async function open(t: TestContext, place: string) {
  const clock = createManualClock(START_MS);
  const manager = await openWorkload(place, { clock });
  t.after(() => manager.close());
  return { manager, clock };
}

function workflow(jobs: readonly JobSpec[], changes: Partial<WorkflowSpec> = {}): WorkflowSpec {
  const labels = [...new Set(jobs.map(({ task }) => task))];
  const tasks = labels.map((label) => ({ label }));
  return { key: "k1", name: "w", tasks, jobCount: jobs.length, ...changes };
}

/** a and b feed c; c feeds d; `end` comes after all, whatever happens. */
const DIAMOND = orderJobs([
  { name: "end", task: "final", afterEnd: ["c", "d"] },
  { name: "d", task: "third", parents: ["c"] },
  { name: "c", task: "second", parents: ["a", "b"] },
  { name: "a", task: "first", payload: { n: 1 } },
  { name: "b", task: "first", payload: { n: 2 } },
]);

const offer = { queue: "Q", worker: "w1", count: 10 };

async function finish(manager: WorkloadManager, order: JobOrder): Promise<void> {
  await manager.report({ attemptId: order.attemptId, nr: order.attemptNr, status: "running" });
  const answer = await manager.report({
    attemptId: order.attemptId,
    nr: order.attemptNr,
    status: "finished",
  });
  assert.equal(answer.verdict, "taken");
}

const failure = { source: "transform", code: 1, text: "exit code 1" } as const;

onEveryStore("a graph runs parents first, each job once, and the tasks end done", async (t, place) => {
  const { manager } = await open(t, place);
  await manager.defineQueue(simpleQueue("Q", "US"));
  const { workflowId, created } = await manager.submit(workflow(DIAMOND), DIAMOND);
  assert.equal(created, true);
  const order: string[] = [];
  for (let round = 0; round < 4; round++) {
    const orders = await manager.acquire(offer);
    order.push(orders.map(({ jobName }) => jobName).join());
    for (const entry of orders) await finish(manager, entry);
  }
  assert.deepEqual(order, ["a,b", "c", "d", "end"]);
  const status = await manager.workflow(workflowId);
  assert.equal(status.status, "done");
  assert.deepEqual(
    status.tasks.map(({ state }) => state.status),
    ["done", "done", "done", "done"],
  );
});

onEveryStore(
  "a child is handed to a waiting pilot by its parent's success, without polling",
  async (t, place) => {
    const { manager } = await open(t, place);
    await manager.defineQueue(simpleQueue("Q", "US"));
    const jobs: JobSpec[] = [
      { name: "parent", task: "x" },
      { name: "child", task: "x", parents: [0] },
    ];
    await manager.submit(workflow(jobs), jobs);
    const [parent] = await manager.acquire(offer);
    const waiting = manager.acquire({ ...offer, waitMs: 60_000 });
    await finish(manager, parent!);
    assert.deepEqual(
      (await waiting).map(({ jobName }) => jobName),
      ["child"],
    );
  },
);

onEveryStore(
  "a job that fails for good prunes its descendants and frees what only waits for the end; a retry brings them back",
  async (t, place) => {
    const { manager } = await open(t, place);
    await manager.defineQueue(simpleQueue("Q", "US"));
    const spec = workflow(DIAMOND);
    const { workflowId, firstJob } = await manager.submit(
      { ...spec, tasks: spec.tasks.map((task) => ({ ...task, maxAttempts: 2 })) },
      DIAMOND,
    );
    const idOf = (name: string): number => firstJob + DIAMOND.findIndex((job) => job.name === name);
    for (let attempt = 1; attempt <= 2; attempt++) {
      const orders = await manager.acquire(offer);
      for (const order of orders) {
        if (order.jobName === "b") await finish(manager, order);
        else await manager.report({ attemptId: order.attemptId, status: "failed", failure });
      }
    }
    assert.equal((await manager.explain(idOf("a"))).status, "failed");
    assert.equal((await manager.explain(idOf("d"))).status, "pruned");
    assert.deepEqual((await manager.explain(idOf("d"))).reasons, ["will not run because a failed"]);
    const [last] = await manager.acquire(offer);
    assert.equal(last!.jobName, "end");
    await finish(manager, last!);
    assert.equal((await manager.workflow(workflowId)).status, "done");

    await manager.retryJob(idOf("a"));
    assert.equal((await manager.explain(idOf("c"))).status, "waiting");
    for (const name of ["a", "c", "d"]) {
      const [next] = await manager.acquire(offer);
      assert.equal(next!.jobName, name);
      await finish(manager, next!);
    }
    const { tasks } = await manager.workflow(workflowId);
    assert.ok(tasks.every(({ state }) => state.counts.finished > 0 && state.counts.pruned === 0));
  },
);

onEveryStore(
  "submitting again is the same submission; other contents under the same key are refused",
  async (t, place) => {
    const { manager } = await open(t, place);
    const first = await manager.submit(workflow(DIAMOND), DIAMOND);
    const second = await manager.submit(workflow(DIAMOND), DIAMOND);
    assert.deepEqual(second, { ...first, created: false });
    const other = DIAMOND.map((job) => ({ ...job, name: `${job.name}2` }));
    await assert.rejects(manager.submit(workflow(DIAMOND), other), (error) =>
      isAlmagestError(error, "WORKLOAD.SUBMIT_CONFLICT"),
    );
  },
);

onEveryStore(
  "a submission cut short goes on where it stopped, and nothing runs before it is whole",
  async (t, place) => {
    const { manager } = await open(t, place);
    await manager.defineQueue(simpleQueue("Q", "US"));
    const jobs = Array.from({ length: 25_000 }, (_, index): JobSpec => ({ name: `j${index}`, task: "x" }));
    function* cut() {
      yield* jobs.slice(0, 20_000);
      throw new Error("network");
    }
    const spec = { ...workflow(jobs), jobCount: jobs.length };
    await assert.rejects(manager.submit(spec, cut()), /network/);
    assert.equal((await manager.workflow(1)).status, "accepting");
    assert.deepEqual(await manager.acquire(offer), []);
    const result = await manager.submit(spec, jobs);
    assert.equal(result.created, true);
    assert.equal(manager.task(1)!.state.counts.ready + manager.task(1)!.state.counts.active, 25_000);
    assert.equal((await manager.acquire(offer)).length, 10);
  },
);

onEveryStore(
  "an attempt whose pilot falls silent is given up and tried again; the zombie's words change nothing",
  async (t, place) => {
    const { manager, clock } = await open(t, place);
    await manager.defineQueue(simpleQueue("Q", "US"));
    const jobs: JobSpec[] = [{ name: "only", task: "x" }];
    await manager.submit(workflow(jobs), jobs);
    const [first] = await manager.acquire(offer);
    await manager.report({ attemptId: first!.attemptId, status: "running" });
    clock.advance(7_200_001);
    assert.equal(await manager.tick(0), 1);
    const [second] = await manager.acquire(offer);
    assert.equal(second!.attemptNr, 2);
    assert.notEqual(second!.attemptId, first!.attemptId);
    const zombie = await manager.report({ attemptId: first!.attemptId, status: "running" });
    assert.deepEqual(zombie, { verdict: "alreadydone", command: "tobekilled" });
    const late = await manager.report({ attemptId: first!.attemptId, status: "finished" });
    assert.equal(late.verdict, "alreadydone");
    const stale = await manager.report({ attemptId: second!.attemptId, nr: 1, status: "finished" });
    assert.equal(stale.verdict, "badattemptnr");
    await finish(manager, second!);
    assert.equal((await manager.explain(second!.jobId)).status, "finished");
  },
);

onEveryStore("outputs that must be confirmed hold the job until they are", async (t, place) => {
  const { manager } = await open(t, place);
  await manager.defineQueue(simpleQueue("Q", "US"));
  const jobs: JobSpec[] = [{ name: "only", task: "x" }];
  await manager.submit({ ...workflow(jobs), tasks: [{ label: "x", holdOutputs: true }] }, jobs);
  const [order] = await manager.acquire(offer);
  const outputs = [{ name: "out.fits", sizeBytes: 10, checksum: "ad:00000001" }];
  await manager.report({ attemptId: order!.attemptId, status: "finished", outputs });
  assert.equal((await manager.attemptStatus([order!.attemptId]))[0]!.status, "holding");
  assert.equal(await manager.confirmOutputs(order!.attemptId), true);
  assert.equal(await manager.confirmOutputs(order!.attemptId), false);
  assert.equal((await manager.explain(order!.jobId)).status, "finished");
});

onEveryStore("out of memory is tried again with more, and the raise is kept", async (t, place) => {
  const { manager } = await open(t, place);
  await manager.defineQueue(simpleQueue("Q", "US"));
  const jobs: JobSpec[] = [{ name: "hungry", task: "x", request: { memoryMb: 1000 } }];
  await manager.submit(workflow(jobs), jobs);
  const [first] = await manager.acquire(offer);
  const oom = { source: "pilot", code: 1212, text: "memory limit" } as const;
  await manager.report({ attemptId: first!.attemptId, status: "failed", failure: oom });
  const [second] = await manager.acquire(offer);
  assert.deepEqual([first!.memoryMb, second!.memoryMb], [1000, 2000]);
});

onEveryStore("every refusal has its reason, and the reason goes when a queue fits", async (t, place) => {
  const { manager } = await open(t, place);
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

onEveryStore("an answer that was lost is given again under the same request id", async (t, place) => {
  const { manager } = await open(t, place);
  await manager.defineQueue(simpleQueue("Q", "US"));
  const jobs: JobSpec[] = [
    { name: "a", task: "x" },
    { name: "b", task: "x" },
  ];
  await manager.submit(workflow(jobs), jobs);
  const first = await manager.acquire({ ...offer, count: 1, requestId: "r1" });
  assert.deepEqual(await manager.acquire({ ...offer, count: 1, requestId: "r1" }), first);
  assert.equal((await manager.acquire({ ...offer, count: 1, requestId: "r2" }))[0]!.jobName, "b");
});

onEveryStore("a killed task ends aborted, its descendants pruned", async (t, place) => {
  const { manager } = await open(t, place);
  await manager.defineQueue(simpleQueue("Q", "US"));
  const { workflowId } = await manager.submit(workflow(DIAMOND), DIAMOND);
  const tasks = (await manager.workflow(workflowId)).tasks;
  const first = tasks.find(({ label }) => label === "first")!;
  const orders = await manager.acquire({ ...offer, count: 1 });
  await manager.controlTask(first.id, "kill");
  const answer = await manager.report({ attemptId: orders[0]!.attemptId, status: "running" });
  assert.equal(answer.command, "tobekilled");
  const after = await manager.workflow(workflowId);
  assert.equal(after.tasks.find(({ label }) => label === "first")!.state.status, "aborted");
  assert.equal(after.tasks.find(({ label }) => label === "third")!.state.counts.pruned, 1);
});

onEveryStore("facility shares are honoured over time", async (t, place) => {
  const { manager, clock } = await open(t, place);
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
      taken.push(...(await manager.acquire({ ...offer, queue, count: 30 })));
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
  for (const { attemptId } of await first.acquire({ ...offer, count: 12 })) {
    await first.report({ attemptId, status: "running" });
    clock.advance(100_000);
    await first.report({ attemptId, status: "finished", maxMemoryKb: 3_000_000 });
  }
  await first.close();
  const second = await openWorkload(place, { clock });
  t.after(() => second.close());
  const more = [{ name: "later", task: "x" }];
  await second.submit(workflow(more, { key: "k2" }), more);
  const orders = await second.acquire({ ...offer, count: 30 });
  assert.equal(orders.length, 19);
  const later = orders.find(({ jobName }) => jobName === "later")!;
  assert.ok(later.memoryMb > 3000 && later.memoryMb < 5000, `${later.memoryMb}`);
});
