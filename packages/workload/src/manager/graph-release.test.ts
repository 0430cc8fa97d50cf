import assert from "node:assert/strict";
import { simpleQueue } from "../testing/simple-queue.ts";
import { DIAMOND, finish, OFFER, openManager, workflow } from "../testing/small-workflows.ts";
import { onEveryStore, usesStores } from "../testing/tested-stores.ts";
import type { JobSpec } from "../workflow-spec.ts";

usesStores();

const failure = { source: "transform", code: 1, text: "exit code 1" } as const;

onEveryStore("a graph runs parents first, each job once, and the tasks end done", async (t, place) => {
  const { manager } = await openManager(t, place);
  await manager.defineQueue(simpleQueue("Q", "US"));
  const { workflowId, created } = await manager.submit(workflow(DIAMOND), DIAMOND);
  assert.equal(created, true);
  const order: string[] = [];
  for (let round = 0; round < 4; round++) {
    const orders = await manager.acquire(OFFER);
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
    const { manager } = await openManager(t, place);
    await manager.defineQueue(simpleQueue("Q", "US"));
    const jobs: JobSpec[] = [
      { name: "parent", task: "x" },
      { name: "child", task: "x", parents: [0] },
    ];
    await manager.submit(workflow(jobs), jobs);
    const [parent] = await manager.acquire(OFFER);
    const waiting = manager.acquire({ ...OFFER, waitMs: 60_000 });
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
    const { manager } = await openManager(t, place);
    await manager.defineQueue(simpleQueue("Q", "US"));
    const spec = workflow(DIAMOND);
    const { workflowId, firstJob } = await manager.submit(
      { ...spec, tasks: spec.tasks.map((task) => ({ ...task, maxAttempts: 2 })) },
      DIAMOND,
    );
    const idOf = (name: string): number => firstJob + DIAMOND.findIndex((job) => job.name === name);
    for (let attempt = 1; attempt <= 2; attempt++) {
      const orders = await manager.acquire(OFFER);
      for (const order of orders) {
        if (order.jobName === "b") await finish(manager, order);
        else await manager.report({ attemptId: order.attemptId, status: "failed", failure });
      }
    }
    assert.equal((await manager.explain(idOf("a"))).status, "failed");
    assert.equal((await manager.explain(idOf("d"))).status, "pruned");
    assert.deepEqual((await manager.explain(idOf("d"))).reasons, ["will not run because a failed"]);
    const [last] = await manager.acquire(OFFER);
    assert.equal(last!.jobName, "end");
    await finish(manager, last!);
    assert.equal((await manager.workflow(workflowId)).status, "done");

    await manager.retryJob(idOf("a"));
    assert.equal((await manager.explain(idOf("c"))).status, "waiting");
    for (const name of ["a", "c", "d"]) {
      const [next] = await manager.acquire(OFFER);
      assert.equal(next!.jobName, name);
      await finish(manager, next!);
    }
    const { tasks } = await manager.workflow(workflowId);
    assert.ok(tasks.every(({ state }) => state.counts.finished > 0 && state.counts.pruned === 0));
  },
);

onEveryStore("a killed task ends aborted, its descendants pruned", async (t, place) => {
  const { manager } = await openManager(t, place);
  await manager.defineQueue(simpleQueue("Q", "US"));
  const { workflowId } = await manager.submit(workflow(DIAMOND), DIAMOND);
  const tasks = (await manager.workflow(workflowId)).tasks;
  const first = tasks.find(({ label }) => label === "first")!;
  const orders = await manager.acquire({ ...OFFER, count: 1 });
  await manager.controlTask(first.id, "kill");
  const answer = await manager.report({ attemptId: orders[0]!.attemptId, status: "running" });
  assert.equal(answer.command, "tobekilled");
  const after = await manager.workflow(workflowId);
  assert.equal(after.tasks.find(({ label }) => label === "first")!.state.status, "aborted");
  assert.equal(after.tasks.find(({ label }) => label === "third")!.state.counts.pruned, 1);
});
