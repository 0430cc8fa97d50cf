import assert from "node:assert/strict";
import { createManualClock } from "@almagest/base";
import { usedResources } from "../questions/used-resources.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import { onEveryStore, usesStores } from "../testing/tested-stores.ts";
import type { JobSpec } from "../workflow-spec.ts";
import { openWorkload } from "./open-workload.ts";

usesStores();

const JOBS: JobSpec[] = [
  { name: "a", task: "x" },
  { name: "b", task: "x", parents: [0] },
];
const SPEC = { key: "k", name: "w", tasks: [{ label: "x" }], jobCount: 2 };
const offer = { queue: "Q", worker: "w", count: 10 };

onEveryStore(
  "a subscriber reads every event once it is durable, and again what it did not acknowledge",
  async (t, place) => {
    const clock = createManualClock(1_700_000_000_000);
    const first = await openWorkload(place, { clock });
    await first.defineQueue(simpleQueue("Q", "US"));
    const from = await first.subscribe("bus");
    const { firstJob } = await first.submit(SPEC, JOBS);
    const [a] = await first.acquire(offer);
    await first.report({ attemptId: a!.attemptId, status: "running" });
    clock.advance(60_000);
    await first.report({ attemptId: a!.attemptId, status: "finished", cpuSec: 50, maxMemoryKb: 2_000_000 });
    const seen = await first.events(from);
    assert.deepEqual(
      seen.filter(({ subject, jobId }) => subject === "a" && jobId === firstJob).map(({ what }) => what),
      ["activated", "sent", "running", "finished"],
    );
    assert.ok(
      seen.every(({ seq }, index) => seq === from + 1 + index),
      "numbers without gaps",
    );
    assert.ok(seen.filter(({ subject }) => subject === "a").every(({ taskId }) => taskId === a!.taskId));
    await first.acknowledge("bus", seen[2]!.seq);
    await first.close();

    const second = await openWorkload(place, { clock });
    t.after(() => second.close());
    assert.equal(await second.subscribe("bus"), seen[2]!.seq);
    assert.deepEqual(await second.events(seen[2]!.seq), seen.slice(3));
    assert.deepEqual(
      (await second.history(firstJob)).map(({ what }) => what),
      ["activated", "sent", "running", "finished"],
    );
    const [used] = await second.ask((db) => usedResources(db, a!.workflowId));
    assert.deepEqual([used!.finished, used!.coreSec, used!.cpuSec, used!.maxMemoryMb], [1, 60, 50, 2000]);
    const text = await second.metrics();
    assert.match(text, /workload_jobs\{label="x",status="finished"\} 1\n/);
    assert.match(text, /workload_subscriber_lag\{subscriber="bus"\} \d+\n/);
  },
);

onEveryStore(
  "the log is cut to what is kept, waits for a subscriber, and goes on in order",
  async (t, place) => {
    const clock = createManualClock(1_700_000_000_000);
    const manager = await openWorkload(place, { clock, keepEvents: 4 });
    t.after(() => manager.close());
    await manager.subscribe("slow");
    await manager.defineQueue(simpleQueue("Q", "US"));
    const { firstJob } = await manager.submit(SPEC, JOBS);
    await manager.tick(0);
    const all = await manager.events(0, 1000);
    assert.equal(all[0]!.seq, 1, "nothing is dropped that the subscriber has not read");
    const last = all.at(-1)!.seq;
    await manager.acknowledge("slow", last);
    await manager.tick(0);
    const kept = await manager.events(0, 1000);
    // PostgreSQL drops whole partitions only.
    assert.equal(kept.length, place.startsWith("postgres") ? all.length : 4);
    assert.equal(kept.at(-1)!.seq, last);
    const [a] = await manager.acquire(offer);
    await manager.report({ attemptId: a!.attemptId, status: "finished" });
    assert.equal((await manager.history(firstJob)).at(-1)!.what, "finished");
  },
);
