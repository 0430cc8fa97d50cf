import { setTimeout as sleep } from "node:timers/promises";
import { type JobSpec, startPandaServer, type WorkloadManager } from "@almagest/workload";
import type { Bar } from "../../scripts/bar.ts";
import { QUEUE, withPlace } from "./place.ts";
import { PlainClient } from "./plain-client.ts";
import { processorSeconds } from "./processor-time.ts";

async function submitFlat(manager: WorkloadManager, count: number): Promise<void> {
  const jobs = Array.from({ length: count }, (_, index): JobSpec => ({ name: `j${index}`, task: "x" }));
  await manager.submit({ key: "b", name: "bench", tasks: [{ label: "x" }], jobCount: count }, jobs);
}

/** What running jobs cost, and what the way over HTTP adds. */
export const bars: Bar[] = [
  {
    name: "100,000 running jobs with a heartbeat each every 10 minutes",
    goal: "≤ 30 % of one core",
    async measure() {
      return withPlace(async ({ manager, name }) => {
        await manager.defineQueue(QUEUE);
        const count = 100_000;
        await submitFlat(manager, count);
        const attempts: number[] = [];
        while (attempts.length < count) {
          const orders = await manager.acquire({ queue: "Q", worker: "w", count: 2000 });
          await Promise.all(orders.map(({ attemptId }) => manager.report({ attemptId, status: "running" })));
          for (const { attemptId } of orders) attempts.push(attemptId);
        }
        // 100,000 in 600 s are 167 a second, spread evenly; here for six seconds.
        const perTick = 167 / 20;
        const before = processorSeconds();
        const start = performance.now();
        let sent = 0;
        for (let tick = 1; tick <= 120; tick++) {
          const beats: Promise<unknown>[] = [];
          for (; sent < tick * perTick; sent++) {
            const attemptId = attempts[(sent * 7919) % count]!;
            beats.push(manager.report({ attemptId, status: "running", maxMemoryKb: 1_000_000 + sent }));
          }
          await Promise.all(beats);
          await sleep(Math.max(0, start + tick * 50 - performance.now()));
        }
        const { own, children } = processorSeconds();
        const seconds = (performance.now() - start) / 1000;
        const share = (own - before.own + children - before.children) / seconds;
        return {
          figure: `${(share * 100).toFixed(1)} %`,
          pass: share <= 0.3,
          note: `manager and ${name} together, each heartbeat durable; HTTP is not in it`,
        };
      });
    },
  },
  {
    name: "jobs through their whole life over HTTP, one job per call",
    goal: "≥ 500 jobs/s with server and 16 clients in one process",
    async measure() {
      return withPlace(async ({ manager, name }) => {
        await manager.defineQueue(QUEUE);
        const count = 4000;
        await submitFlat(manager, count);
        const server = await startPandaServer(manager);
        const clients = Array.from({ length: 16 }, () => new PlainClient(server.url));
        const pilot = async (client: PlainClient): Promise<number> => {
          const call = (path: string, body: unknown): Promise<{ data: unknown }> =>
            client.post(`/api/v1/pilot/${path}`, body);
          for (let done = 0; ; done++) {
            const { data } = await call("acquire_jobs", { site_name: "Q" });
            if (data === null) return done;
            const id = (data as { jobs: { PandaID: number }[] }).jobs[0]!.PandaID;
            await call("update_job", { job_id: id, job_status: "running" });
            await call("update_job", { job_id: id, job_status: "finished", max_pss: 1_000_000 });
          }
        };
        const before = processorSeconds();
        const start = performance.now();
        const done = await Promise.all(clients.map(pilot));
        const rate = (count / (performance.now() - start)) * 1000;
        const after = processorSeconds();
        const micros = (value: number): string => ((value / count / 3) * 1e6).toFixed(0);
        for (const client of clients) client.close();
        await server.close();
        const whole = done.reduce((sum, number) => sum + number, 0) === count;
        return {
          figure: `${rate.toFixed(0)} jobs/s`,
          pass: whole && rate >= 500,
          note: `three calls per job, ${name}; per call ${micros(after.own - before.own)} µs of processor here (client included), ${micros(after.children - before.children)} µs in the database`,
        };
      });
    },
  },
];
