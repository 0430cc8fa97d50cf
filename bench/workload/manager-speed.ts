import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JobSpec, openWorkload, type QueueSpec, type WorkloadManager } from "@almagest/workload";
import type { Bar } from "../../scripts/bar.ts";

const QUEUE: QueueSpec = {
  name: "Q",
  facility: "US",
  status: "online",
  cores: 32,
  memoryMb: 64_000,
  wallSec: 604_800,
  diskMb: 100_000,
  software: [],
  backlog: 4000,
};

/** Jobs in columns of ten: each waits for the one before it, and the last also for the last but one beside it. */
function* chains(count: number): Generator<JobSpec> {
  for (let index = 0; index < count; index++) {
    const parents =
      index % 10 === 0 ? [] : index % 10 === 9 && index > 10 ? [index - 1, index - 11] : [index - 1];
    yield { name: `job_${index}`, task: `step${index % 10}`, payload: { quantum: index }, parents };
  }
}

const TASKS = Array.from({ length: 10 }, (_, step) => ({ label: `step${step}` }));

async function withManager<T>(body: (manager: WorkloadManager, path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "bench-workload-"));
  const path = join(folder, "workload.db");
  const manager = await openWorkload(path);
  try {
    return await body(manager, path);
  } finally {
    await manager.close();
    await rm(folder, { recursive: true });
  }
}

/** A simulated pilot: takes `count` jobs, says running, says finished, until there is no more work. */
async function pilot(manager: WorkloadManager, worker: string, count: number): Promise<number> {
  let done = 0;
  for (;;) {
    const orders = await manager.acquire({ queue: "Q", worker, count, waitMs: 300 });
    if (orders.length === 0) return done;
    await Promise.all(
      orders.map(({ attemptId, attemptNr }) =>
        manager.report({ attemptId, nr: attemptNr, status: "running" }),
      ),
    );
    await Promise.all(
      orders.map(({ attemptId, attemptNr }) =>
        manager.report({ attemptId, nr: attemptNr, status: "finished", maxMemoryKb: 1_000_000, cpuSec: 1 }),
      ),
    );
    done += orders.length;
  }
}

/** The promises of the manager's core that one process on SQLite can show. */
export const bars: Bar[] = [
  {
    name: "a graph of 1,000,000 jobs accepted",
    goal: "≤ 60 s",
    async measure() {
      return withManager(async (manager, path) => {
        const count = 1_000_000;
        const start = performance.now();
        await manager.submit({ key: "b", name: "bench", tasks: TASKS, jobCount: count }, chains(count));
        const seconds = (performance.now() - start) / 1000;
        const bytes = (await stat(path)).size;
        const note = `SQLite, synced commits; ${(bytes / count).toFixed(0)} bytes per accepted job`;
        return { figure: `${seconds.toFixed(1)} s`, pass: seconds <= 60, note };
      });
    },
  },
  {
    name: "jobs through their whole life with 8 simulated pilots",
    goal: "≥ 3,000 jobs/s and ≤ 2 kB of database per finished job",
    async measure() {
      return withManager(async (manager, path) => {
        await manager.defineQueue(QUEUE);
        const count = 40_000;
        const start = performance.now();
        await manager.submit({ key: "b", name: "bench", tasks: TASKS, jobCount: count }, chains(count));
        const done = await Promise.all(
          Array.from({ length: 8 }, (_, index) => pilot(manager, `w${index}`, 50)),
        );
        const seconds = (performance.now() - start) / 1000;
        const total = done.reduce((sum, number) => sum + number, 0);
        const bytes = ((await stat(path)).size + (await stat(`${path}-wal`)).size) / count;
        const rate = total / seconds;
        return {
          figure: `${rate.toFixed(0)} jobs/s, ${bytes.toFixed(0)} bytes per job`,
          pass: total === count && rate >= 3000 && bytes <= 2000,
          note: "submit, broker, hand out, running, finished, release of children; synced commits; log included",
        };
      });
    },
  },
  {
    name: "a released child starts on a waiting pilot",
    goal: "p50 ≤ 20 ms, p99 ≤ 250 ms from its parent's report",
    async measure() {
      return withManager(async (manager) => {
        await manager.defineQueue(QUEUE);
        const count = 400;
        const jobs = Array.from(
          { length: count },
          (_, index): JobSpec => ({ name: `j${index}`, task: "x", parents: index === 0 ? [] : [index - 1] }),
        );
        await manager.submit({ key: "b", name: "bench", tasks: [{ label: "x" }], jobCount: count }, jobs);
        const [first] = await manager.acquire({ queue: "Q", worker: "w", count: 1 });
        let order = first!;
        const times: number[] = [];
        while (times.length < count - 1) {
          const next = manager.acquire({ queue: "Q", worker: "w", count: 1, waitMs: 60_000 });
          const start = performance.now();
          await manager.report({ attemptId: order.attemptId, status: "finished" });
          order = (await next)[0]!;
          times.push(performance.now() - start);
        }
        times.sort((a, b) => a - b);
        const p50 = times[Math.floor(times.length / 2)]!;
        const p99 = times[Math.floor(times.length * 0.99)]!;
        return {
          figure: `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
          pass: p50 <= 20 && p99 <= 250,
          note: "in one process; the way over HTTP is not in it",
        };
      });
    },
  },
];
