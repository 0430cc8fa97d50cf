import assert from "node:assert/strict";
import { isAlmagestError } from "@almagest/base";
import { simpleQueue } from "../testing/simple-queue.ts";
import { DIAMOND, OFFER, openManager, workflow } from "../testing/small-workflows.ts";
import { onEveryStore, usesStores } from "../testing/tested-stores.ts";
import type { JobSpec } from "../workflow-spec.ts";

usesStores();

onEveryStore(
  "submitting again is the same submission; other contents under the same key are refused",
  async (t, place) => {
    const { manager } = await openManager(t, place);
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
    const { manager } = await openManager(t, place);
    await manager.defineQueue(simpleQueue("Q", "US"));
    const jobs = Array.from({ length: 25_000 }, (_, index): JobSpec => ({ name: `j${index}`, task: "x" }));
    function* cut() {
      yield* jobs.slice(0, 20_000);
      throw new Error("network");
    }
    const spec = { ...workflow(jobs), jobCount: jobs.length };
    await assert.rejects(manager.submit(spec, cut()), /network/);
    assert.equal((await manager.workflow(1)).status, "accepting");
    assert.deepEqual(await manager.acquire(OFFER), []);
    const result = await manager.submit(spec, jobs);
    assert.equal(result.created, true);
    assert.equal(manager.task(1)!.state.counts.ready + manager.task(1)!.state.counts.active, 25_000);
    assert.equal((await manager.acquire(OFFER)).length, 10);
  },
);
