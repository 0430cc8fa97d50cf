import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { createManualClock } from "@almagest/base";
import { simpleQueue } from "../testing/simple-queue.ts";
import { onEveryStore, usesStores } from "../testing/tested-stores.ts";
import type { JobSpec, TaskSpec } from "../workflow-spec.ts";
import { openWorkload } from "./open-workload.ts";

usesStores();

async function submitted(t: TestContext, place: string, count: number, task: Partial<TaskSpec> = {}) {
  const manager = await openWorkload(place, { clock: createManualClock(1_700_000_000_000) });
  t.after(() => manager.close());
  await manager.defineQueue(simpleQueue("Q", "US", { backlog: 2 }));
  const jobs = Array.from({ length: count }, (_, index): JobSpec => ({ name: `j${index}`, task: "x" }));
  const tasks = [{ label: "x", maxAttempts: 1, ...task }];
  const { workflowId, firstJob } = await manager.submit(
    { key: "k", name: "w", tasks, jobCount: count },
    jobs,
  );
  const taskId = (await manager.workflow(workflowId)).tasks[0]!.id;
  const acquire = (wanted: number) => manager.acquire({ queue: "Q", worker: "w", count: wanted });
  const status = () => manager.task(taskId)!.state;
  return { manager, taskId, firstJob, acquire, status };
}

onEveryStore("a paused task gives nothing more to its queues until it is resumed", async (t, place) => {
  const { manager, taskId, firstJob, acquire, status } = await submitted(t, place, 6);
  await manager.controlTask(taskId, "pause");
  assert.equal((await acquire(10)).length, 2);
  assert.equal((await acquire(10)).length, 0);
  assert.deepEqual((await manager.explain(firstJob + 5)).reasons, ["its task is paused"]);
  await manager.controlTask(taskId, "resume");
  assert.equal(status().status, "running");
  assert.equal((await acquire(10)).length, 2);
});

onEveryStore("scouts go first, and the rest when half of them have ended", async (t, place) => {
  const { manager, firstJob, acquire, status } = await submitted(t, place, 20, { scouts: 4 });
  const orders = [...(await acquire(10)), ...(await acquire(10))];
  assert.equal(orders.length, 4);
  assert.equal(status().status, "scouting");
  assert.equal((await acquire(10)).length, 0);
  assert.deepEqual((await manager.explain(firstJob + 9)).reasons, ["its task still waits for its scouts"]);
  for (const { attemptId } of orders.slice(0, 2)) await manager.report({ attemptId, status: "finished" });
  assert.equal(status().status, "running");
  assert.ok((await acquire(10)).length > 0);
});

onEveryStore("finishing lets what runs end and cancels the rest", async (t, place) => {
  const { manager, taskId, acquire, status } = await submitted(t, place, 6);
  const orders = await acquire(1);
  await manager.controlTask(taskId, "finish");
  const open = [...orders, ...(await acquire(10))];
  assert.equal(status().status, "finishing");
  for (const { attemptId } of open) await manager.report({ attemptId, status: "finished" });
  assert.equal(status().status, "finished");
  assert.deepEqual([status().counts.finished, status().counts.cancelled], [open.length, 6 - open.length]);
});

onEveryStore("a task with failures is tried again as a whole", async (t, place) => {
  const { manager, taskId, acquire, status } = await submitted(t, place, 2);
  for (const { attemptId } of await acquire(2)) await manager.report({ attemptId, status: "failed" });
  assert.equal(status().status, "failed");
  await manager.controlTask(taskId, "retry");
  for (const { attemptId } of await acquire(2)) await manager.report({ attemptId, status: "finished" });
  assert.deepEqual([status().status, status().counts.finished], ["done", 2]);
});

onEveryStore(
  "what waits at a queue that goes offline is brokered to another, and not counted as a failure",
  async (t, place) => {
    const { manager, firstJob } = await submitted(t, place, 1);
    await manager.defineQueue(simpleQueue("R", "FR"));
    await manager.defineQueue(simpleQueue("Q", "US", { status: "offline" }));
    const { attempts } = await manager.explain(firstJob);
    assert.deepEqual(
      attempts.map(({ status, queue }) => `${status} ${queue}`),
      ["closed Q", "activated R"],
    );
  },
);
