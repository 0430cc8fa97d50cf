import assert from "node:assert/strict";
import { simpleQueue } from "../testing/simple-queue.ts";
import { finish, OFFER, openManager, workflow } from "../testing/small-workflows.ts";
import { onEveryStore, usesStores } from "../testing/tested-stores.ts";
import type { JobSpec } from "../workflow-spec.ts";

usesStores();

onEveryStore(
  "an attempt whose pilot falls silent is given up and tried again; the zombie's words change nothing",
  async (t, place) => {
    const { manager, clock } = await openManager(t, place);
    await manager.defineQueue(simpleQueue("Q", "US"));
    const jobs: JobSpec[] = [{ name: "only", task: "x" }];
    await manager.submit(workflow(jobs), jobs);
    const [first] = await manager.acquire(OFFER);
    await manager.report({ attemptId: first!.attemptId, status: "running" });
    clock.advance(7_200_001);
    assert.equal(await manager.tick(0), 1);
    const [second] = await manager.acquire(OFFER);
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
  const { manager } = await openManager(t, place);
  await manager.defineQueue(simpleQueue("Q", "US"));
  const jobs: JobSpec[] = [{ name: "only", task: "x" }];
  await manager.submit({ ...workflow(jobs), tasks: [{ label: "x", holdOutputs: true }] }, jobs);
  const [order] = await manager.acquire(OFFER);
  const outputs = [{ name: "out.fits", sizeBytes: 10, checksum: "ad:00000001" }];
  await manager.report({ attemptId: order!.attemptId, status: "finished", outputs });
  assert.equal((await manager.attemptStatus([order!.attemptId]))[0]!.status, "holding");
  assert.equal(await manager.confirmOutputs(order!.attemptId), true);
  assert.equal(await manager.confirmOutputs(order!.attemptId), false);
  assert.equal((await manager.explain(order!.jobId)).status, "finished");
});

onEveryStore("out of memory is tried again with more, and the raise is kept", async (t, place) => {
  const { manager } = await openManager(t, place);
  await manager.defineQueue(simpleQueue("Q", "US"));
  const jobs: JobSpec[] = [{ name: "hungry", task: "x", request: { memoryMb: 1000 } }];
  await manager.submit(workflow(jobs), jobs);
  const [first] = await manager.acquire(OFFER);
  const oom = { source: "pilot", code: 1212, text: "memory limit" } as const;
  await manager.report({ attemptId: first!.attemptId, status: "failed", failure: oom });
  const [second] = await manager.acquire(OFFER);
  assert.deepEqual([first!.memoryMb, second!.memoryMb], [1000, 2000]);
});

onEveryStore("an answer that was lost is given again under the same request id", async (t, place) => {
  const { manager } = await openManager(t, place);
  await manager.defineQueue(simpleQueue("Q", "US"));
  const jobs: JobSpec[] = [
    { name: "a", task: "x" },
    { name: "b", task: "x" },
  ];
  await manager.submit(workflow(jobs), jobs);
  const first = await manager.acquire({ ...OFFER, count: 1, requestId: "r1" });
  assert.deepEqual(await manager.acquire({ ...OFFER, count: 1, requestId: "r1" }), first);
  assert.equal((await manager.acquire({ ...OFFER, count: 1, requestId: "r2" }))[0]!.jobName, "b");
});
