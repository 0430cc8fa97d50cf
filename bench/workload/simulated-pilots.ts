import type { JobSpec, TaskSpec, WorkloadManager } from "@almagest/workload";

/** The tasks of `chains`. */
export const CHAIN_TASKS: readonly TaskSpec[] = Array.from({ length: 10 }, (_, step) => ({
  label: `step${step}`,
}));

/** Jobs in columns of ten: each waits for the one before it, and the last also for the last of the column beside it. */
export function* chains(count: number): Generator<JobSpec> {
  for (let index = 0; index < count; index++) {
    const parents =
      index % 10 === 0 ? [] : index % 10 === 9 && index > 10 ? [index - 1, index - 11] : [index - 1];
    yield { name: `job_${index}`, task: `step${index % 10}`, payload: { quantum: index }, parents };
  }
}

/** A simulated pilot with `slots` slots: takes as many jobs, says running, says finished, until there is no more work. */
async function runPilot(
  manager: WorkloadManager,
  worker: string,
  slots: number,
  ended: (jobs: number) => void,
): Promise<void> {
  for (;;) {
    const orders = await manager.acquire({ queue: "Q", worker, count: slots, waitMs: 500 });
    if (orders.length === 0) return;
    const report = (status: "running" | "finished", measured: object): Promise<unknown> =>
      Promise.all(
        orders.map(({ attemptId, attemptNr }) =>
          manager.report({ attemptId, nr: attemptNr, status, ...measured }),
        ),
      );
    await report("running", {});
    await report("finished", { maxMemoryKb: 1_000_000, cpuSec: 1 });
    ended(orders.length);
  }
}

/** Runs pilots until no work is left; `ended` hears of every batch of jobs that ended. */
export async function runPilots(
  manager: WorkloadManager,
  pilots: number,
  slots: number,
  ended: (jobs: number) => void,
): Promise<void> {
  await Promise.all(
    Array.from({ length: pilots }, (_, index) => runPilot(manager, `w${index}`, slots, ended)),
  );
}
