import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { createManualClock } from "@almagest/base";
import { simpleQueue } from "../testing/simple-queue.ts";
import { onEveryStore, usesStores } from "../testing/tested-stores.ts";
import type { JobSpec, TaskSpec } from "../workflow-spec.ts";
import { openWorkload } from "./open-workload.ts";

usesStores();

const offer = { worker: "w", count: 1 };

/** Twelve jobs of a minute each were seen; a thirteenth runs and runs at queue A. */
async function withStraggler(t: TestContext, place: string, task: Partial<TaskSpec> = {}) {
  const clock = createManualClock(1_700_000_000_000);
  const manager = await openWorkload(place, { clock });
  t.after(() => manager.close());
  await manager.defineQueue(simpleQueue("A", "US"));
  const jobs = Array.from({ length: 13 }, (_, index): JobSpec => ({ name: `j${index}`, task: "x" }));
  const tasks = [{ label: "x", maxAttempts: 2, ...task }];
  await manager.submit({ key: "k", name: "w", tasks, jobCount: jobs.length }, jobs);
  for (let done = 0; done < 12; done++) {
    const [order] = await manager.acquire({ ...offer, queue: "A" });
    await manager.report({ attemptId: order!.attemptId, status: "running" });
    clock.advance(60_000);
    await manager.report({ attemptId: order!.attemptId, status: "finished" });
    if (task.holdOutputs) await manager.confirmOutputs(order!.attemptId);
  }
  const [slow] = await manager.acquire({ ...offer, queue: "A" });
  await manager.report({ attemptId: slow!.attemptId, status: "running" });
  await manager.defineQueue(simpleQueue("B", "FR"));
  clock.advance(150_000);
  await manager.tick(0);
  assert.deepEqual(await manager.acquire({ ...offer, queue: "B" }), [], "not a straggler yet");
  clock.advance(100_000);
  await manager.tick(0);
  await manager.tick(0);
  return { manager, clock, slow: slow! };
}

const outputs = (name: string) => [{ name: "out.fits", guid: name }];

onEveryStore(
  "a straggler is raced at another queue; the second attempt wins and the first is told to stop",
  async (t, place) => {
    const { manager, slow } = await withStraggler(t, place);
    const [rival] = await manager.acquire({ ...offer, queue: "B" });
    assert.equal(rival!.jobId, slow.jobId);
    assert.equal(rival!.attemptNr, 2);
    await manager.report({ attemptId: rival!.attemptId, status: "finished", outputs: outputs("rival") });
    const late = await manager.report({
      attemptId: slow.attemptId,
      status: "finished",
      outputs: outputs("slow"),
    });
    assert.equal(late.verdict, "alreadydone");
    assert.equal(
      (await manager.report({ attemptId: slow.attemptId, status: "running" })).command,
      "tobekilled",
    );
    const { status, attempts } = await manager.explain(slow.jobId);
    assert.equal(status, "finished");
    assert.deepEqual(
      attempts.map((attempt) => attempt.status),
      ["cancelled", "finished"],
    );
    assert.deepEqual(await manager.outputs(slow.jobId), outputs("rival"));
  },
);

onEveryStore("the first attempt may win too, and its rival is then never handed out", async (t, place) => {
  const { manager, slow } = await withStraggler(t, place);
  await manager.report({ attemptId: slow.attemptId, status: "finished", outputs: outputs("slow") });
  assert.deepEqual(await manager.acquire({ ...offer, queue: "B" }), []);
  assert.deepEqual(await manager.outputs(slow.jobId), outputs("slow"));
});

onEveryStore(
  "when one of the two fails the other goes on, and the failure is not held against the job",
  async (t, place) => {
    const { manager, slow } = await withStraggler(t, place, { maxAttempts: 1 });
    const [rival] = await manager.acquire({ ...offer, queue: "B" });
    const failure = { source: "transform", code: 1, text: "x" } as const;
    await manager.report({ attemptId: slow.attemptId, status: "failed", failure });
    assert.equal((await manager.explain(slow.jobId)).status, "active");
    await manager.report({ attemptId: rival!.attemptId, status: "finished" });
    assert.equal((await manager.explain(slow.jobId)).status, "finished");
  },
);

onEveryStore(
  "of two attempts whose outputs must be confirmed the first to end stops the other",
  async (t, place) => {
    const { manager, slow } = await withStraggler(t, place, { holdOutputs: true });
    const [rival] = await manager.acquire({ ...offer, queue: "B" });
    await manager.report({ attemptId: rival!.attemptId, status: "running" });
    await manager.report({ attemptId: slow.attemptId, status: "finished", outputs: outputs("slow") });
    const answer = await manager.report({
      attemptId: rival!.attemptId,
      status: "finished",
      outputs: outputs("rival"),
    });
    assert.equal(answer.verdict, "alreadydone");
    assert.equal(await manager.confirmOutputs(slow.attemptId), true);
    assert.deepEqual(await manager.outputs(slow.jobId), outputs("slow"));
  },
);

onEveryStore("a task that must not be raced is not", async (t, place) => {
  const { manager } = await withStraggler(t, place, { speculate: false });
  assert.deepEqual(await manager.acquire({ ...offer, queue: "B" }), []);
});
