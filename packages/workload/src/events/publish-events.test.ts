import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createLocalBus, type Message, type MessageBus } from "@almagest/messages";
import { openWorkload } from "../manager/open-workload.ts";
import type { WorkloadManager } from "../manager/workload-manager.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import { publishEvents } from "./publish-events.ts";

async function until(check: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !check(); ) {
    assert.ok(performance.now() < end, "it did not come");
    await sleep(5);
  }
}

async function runJobs(manager: WorkloadManager, key: string): Promise<void> {
  const jobs = [
    { name: "a", task: "x" },
    { name: "b", task: "x", parents: [0] },
    { name: "c", task: "x" },
  ];
  await manager.submit({ key, name: key, tasks: [{ label: "x", maxAttempts: 1 }], jobCount: 3 }, jobs);
  for (const status of ["finished", "failed", "finished"] as const) {
    const [order] = await manager.acquire({ queue: "Q", worker: "w", count: 1 });
    await manager.report({ attemptId: order!.attemptId, status: "running" });
    await manager.report({ attemptId: order!.attemptId, status });
  }
}

test("what was committed reaches the bus, in each job's order; a publisher that was ended or whose bus failed loses nothing", async (t) => {
  const manager = await openWorkload(":memory:");
  t.after(() => manager.close());
  await manager.defineQueue(simpleQueue("Q", "US"));
  await using inner = createLocalBus();
  let calls = 0;
  // Some messages are not taken; then their batch comes again.
  const bus: MessageBus = {
    ...inner,
    publish: (message) =>
      [3, 9, 40].includes(++calls) ? Promise.reject(new Error("not now")) : inner.publish(message),
  };
  const seen: { seq: number; jobid: number; status: string }[] = [];
  const take = ({ headers, body }: Message): void => {
    const { jobid, status } = JSON.parse(body);
    seen.push({ seq: Number(headers["almagest-seq"]), jobid, status });
  };
  await inner.subscribe("/topic/panda.jobstatus", take);
  let stop = new AbortController();
  let running = publishEvents(manager, bus, { pollMs: 5 }, stop.signal);
  await sleep(20);
  await runJobs(manager, "one");
  await until(() => seen.length > 3);
  stop.abort();
  await running;
  await runJobs(manager, "two");
  stop = new AbortController();
  running = publishEvents(manager, bus, { pollMs: 5 }, stop.signal);
  const events = (await manager.events(0)).filter(({ subject }) => subject === "a");
  await until(() => new Set(seen.map(({ seq }) => seq)).size === events.length);
  stop.abort();
  await running;
  const first = new Map(seen.toReversed().map((message) => [message.seq, message]));
  for (const { seq, id, what } of events) assert.deepEqual(first.get(seq), { seq, jobid: id, status: what });
  for (const id of new Set(events.map((event) => event.id))) {
    const order = [...new Set(seen.filter(({ jobid }) => jobid === id).map(({ seq }) => seq))];
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
  }
});
