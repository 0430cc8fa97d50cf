import type { JobSpec } from "@almagest/workload";
import type { Bar } from "../../scripts/bar.ts";
import { QUEUE, withPlace } from "./place.ts";
import { processorSeconds } from "./processor-time.ts";
import { CHAIN_TASKS, chains, runPilots } from "./simulated-pilots.ts";

/** The promises of the manager's core, on PostgreSQL where there is one; database, manager and pilots share the machine. */
export const bars: Bar[] = [
  {
    name: "a graph of 1,000,000 jobs accepted",
    goal: "≤ 60 s",
    async measure() {
      return withPlace(async ({ manager, name, bytes }) => {
        const count = 1_000_000;
        const start = performance.now();
        const before = processorSeconds();
        const spec = { key: "b", name: "bench", tasks: CHAIN_TASKS, jobCount: count };
        await manager.submit(spec, chains(count));
        const seconds = (performance.now() - start) / 1000;
        const { own, children } = processorSeconds();
        const used = `${(own - before.own).toFixed(0)} s of processor here, ${(children - before.children).toFixed(0)} s in the database`;
        const note = `${name}, synced commits; ${used}; ${((await bytes()) / count).toFixed(0)} bytes per accepted job`;
        return { figure: `${seconds.toFixed(1)} s`, pass: seconds <= 60, note };
      });
    },
  },
  ...(["PostgreSQL", "SQLite"] as const).map(
    (on): Bar => ({
      name: `jobs through their whole life with 8 simulated pilots, on ${on}`,
      goal: "≥ 3,000 jobs/s and ≤ 2 kB of database per finished job",
      async measure() {
        return withPlace(async ({ manager, name, bytes }) => {
          await manager.defineQueue(QUEUE);
          const count = 60_000;
          const start = performance.now();
          const before = processorSeconds();
          const spec = { key: "b", name: "bench", tasks: CHAIN_TASKS, jobCount: count };
          await manager.submit(spec, chains(count));
          let total = 0;
          await runPilots(manager, 8, 50, (jobs) => {
            total += jobs;
          });
          const seconds = (performance.now() - start) / 1000 - 0.5;
          const { own, children } = processorSeconds();
          const rate = total / seconds;
          const perJob = (await bytes()) / count;
          const micros = (value: number): string => ((value / count) * 1e6).toFixed(0);
          return {
            figure: `${rate.toFixed(0)} jobs/s, ${perJob.toFixed(0)} bytes per job`,
            pass: total === count && rate >= 3000 && perJob <= 2000,
            note: `${name}: submit, broker, hand out, running, finished, release of children; synced commits; log included; per job ${micros(own - before.own)} µs of processor here, ${micros(children - before.children)} µs in the database`,
          };
        }, on);
      },
    }),
  ),
  {
    name: "a released child starts on a waiting pilot",
    goal: "p50 ≤ 20 ms, p99 ≤ 250 ms from its parent's report",
    async measure() {
      return withPlace(async ({ manager, name }) => {
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
          note: `${name}, commits wait for the disk; the way over HTTP is not in it`,
        };
      });
    },
  },
];
