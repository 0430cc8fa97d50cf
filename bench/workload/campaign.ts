import { setTimeout as sleep } from "node:timers/promises";
import type { WorkloadManager } from "@almagest/workload";
import type { Bar } from "../../scripts/bar.ts";
import { CampaignRecord, costUs } from "./campaign-record.ts";
import { QUEUE, withPlace } from "./place.ts";
import { CHAIN_TASKS, chains, runPilots } from "./simulated-pilots.ts";

/** Jobs of the campaign: `WORKLOAD_JOBS=16000000` is DP0.2's size. */
const COUNT = Number(process.env.WORKLOAD_JOBS ?? 200_000);

/** Where the campaign stays: one that was ended at any moment goes on when it is started again with the same folder. */
const FOLDER = process.env.WORKLOAD_FOLDER;

/** What a process that was ended had in hand is given up after so long. */
const SILENCE_MS = 60_000;
const TICK_MS = 30_000;

async function finished(manager: WorkloadManager, workflowId: number): Promise<number> {
  const { tasks } = await manager.workflow(workflowId);
  return tasks.reduce((sum, { state }) => sum + state.counts.finished, 0);
}

/** One long campaign: that neither memory nor the cost of a job grows with it. */
export const bars: Bar[] = [
  {
    name: `a campaign of ${COUNT.toLocaleString("en")} jobs, end to end (WORKLOAD_JOBS sets the number, WORKLOAD_FOLDER keeps it to go on later)`,
    goal: "the last fifth costs at most 1.25 times the second's processor time per job, memory grows by at most a quarter, ≤ 2 kB of database per finished job; 16,000,000 in an hour",
    async measure() {
      const record = new CampaignRecord(FOLDER);
      const silence = { sentMs: SILENCE_MS, runningMs: SILENCE_MS, holdingMs: SILENCE_MS };
      return withPlace(
        async ({ manager, name, bytes, byTable }) => {
          await manager.defineQueue(QUEUE);
          const spec = { key: "c", name: "campaign", tasks: CHAIN_TASKS, jobCount: COUNT };
          const { workflowId } = await manager.submit(spec, chains(COUNT));
          let done = await finished(manager, workflowId);
          const { seconds: acceptedSec } = record.samples[0] ?? record.add(0, await bytes());
          const step = Math.min(1_000_000, COUNT / 10);
          let next = (Math.floor(done / step) + 1) * step;
          const sample = async (): Promise<void> => {
            const before = record.samples.at(-1)!;
            const now = record.add(done, await bytes());
            process.stderr.write(
              `${done} of ${COUNT} jobs, ${now.seconds.toFixed(0)} s, ${costUs(before, now).toFixed(0)} µs of processor per job, ${now.residentMb.toFixed(0)} MB, ${(now.databaseBytes / 1e9).toFixed(2)} GB of database\n`,
            );
          };
          let tick: Promise<unknown> = Promise.resolve();
          const timer = setInterval(() => {
            tick = manager.tick(TICK_MS);
          }, TICK_MS);
          while (done < COUNT) {
            await runPilots(manager, 8, 50, (jobs) => {
              done += jobs;
              if (done < next) return;
              next += step;
              void sample();
            });
            done = await finished(manager, workflowId);
            // What is left is with pilots of an earlier process: until they are given up.
            if (done < COUNT) await sleep(1000);
          }
          clearInterval(timer);
          await tick;
          if (record.samples.at(-1)!.done < COUNT) await sample();
          const { samples } = record;
          const last = samples.at(-1)!;
          const growth =
            costUs(record.at(COUNT * 0.8), last) / costUs(record.at(COUNT * 0.2), record.at(COUNT * 0.4));
          const memory = last.residentMb / record.at(COUNT * 0.3).residentMb;
          const perJob = (await bytes()) / COUNT;
          const rate = COUNT / (last.seconds - acceptedSec);
          process.stderr.write(`${await byTable()}\n`);
          const inTime = COUNT < 16_000_000 || last.seconds <= 3600;
          return {
            figure: `accepted in ${acceptedSec.toFixed(0)} s, then ${rate.toFixed(0)} jobs/s; cost × ${growth.toFixed(2)}, memory × ${memory.toFixed(2)} (${last.residentMb.toFixed(0)} MB), ${perJob.toFixed(0)} bytes per job`,
            pass: growth <= 1.25 && memory <= 1.25 && perJob <= 2000 && inTime,
            note: `${name}; ${costUs(samples[0]!, last).toFixed(0)} µs of processor per job, database included; ${last.seconds.toFixed(0)} s in all`,
          };
        },
        undefined,
        { manager: { silence }, ...(FOLDER === undefined ? {} : { kept: FOLDER }) },
      );
    },
  },
];
