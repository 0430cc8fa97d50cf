import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { createManualClock } from "@almagest/base";
import type { JobOrder } from "../manager/acquire-jobs.ts";
import { openWorkload } from "../manager/open-workload.ts";
import type { WorkloadManager } from "../manager/workload-manager.ts";
import { orderJobs } from "../order-jobs.ts";
import type { JobSpec, WorkflowSpec } from "../workflow-spec.ts";

/** Where the clocks of these tests begin. */
export const START_MS = 1_700_000_000_000;

/** A manager that is closed after the test, with a clock of the test's. */
export async function openManager(
  t: TestContext,
  place: string,
): Promise<{ readonly manager: WorkloadManager; readonly clock: ReturnType<typeof createManualClock> }> {
  const clock = createManualClock(START_MS);
  const manager = await openWorkload(place, { clock });
  t.after(() => manager.close());
  return { manager, clock };
}

/** A workflow of jobs, with a plain task for each label. */
export function workflow(jobs: readonly JobSpec[], changes: Partial<WorkflowSpec> = {}): WorkflowSpec {
  const labels = [...new Set(jobs.map(({ task }) => task))];
  const tasks = labels.map((label) => ({ label }));
  return { key: "k1", name: "w", tasks, jobCount: jobs.length, ...changes };
}

/** a and b feed c; c feeds d; `end` comes after all, whatever happens. */
export const DIAMOND: readonly JobSpec[] = orderJobs([
  { name: "end", task: "final", afterEnd: ["c", "d"] },
  { name: "d", task: "third", parents: ["c"] },
  { name: "c", task: "second", parents: ["a", "b"] },
  { name: "a", task: "first", payload: { n: 1 } },
  { name: "b", task: "first", payload: { n: 2 } },
]);

/** What a pilot of these tests offers. */
export const OFFER = { queue: "Q", worker: "w1", count: 10 } as const;

/** Runs what was handed out to its good end. */
export async function finish(manager: WorkloadManager, order: JobOrder): Promise<void> {
  await manager.report({ attemptId: order.attemptId, nr: order.attemptNr, status: "running" });
  const answer = await manager.report({
    attemptId: order.attemptId,
    nr: order.attemptNr,
    status: "finished",
  });
  assert.equal(answer.verdict, "taken");
}
