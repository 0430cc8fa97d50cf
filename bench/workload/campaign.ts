import type { Bar } from "../../scripts/bar.ts";
import { QUEUE, withPlace } from "./place.ts";
import { processorSeconds } from "./processor-time.ts";
import { CHAIN_TASKS, chains, runPilots } from "./simulated-pilots.ts";

/** Jobs of the campaign: `WORKLOAD_JOBS=16000000` is DP0.2's size. */
const COUNT = Number(process.env.WORKLOAD_JOBS ?? 200_000);

interface Sample {
  readonly done: number;
  readonly seconds: number;
  /** Of this process and of the database. */
  readonly processorSec: number;
  readonly residentMb: number;
}

function sample(done: number, start: number): Sample {
  const { own, children } = processorSeconds();
  const residentMb = process.memoryUsage().rss / 1e6;
  return { done, seconds: (performance.now() - start) / 1000, processorSec: own + children, residentMb };
}

/** Processor time per job between two samples, in microseconds. */
const costUs = (from: Sample, to: Sample): number =>
  ((to.processorSec - from.processorSec) / (to.done - from.done)) * 1e6;

/** One long campaign: that neither memory nor the cost of a job grows with it. */
export const bars: Bar[] = [
  {
    name: `a campaign of ${COUNT.toLocaleString("en")} jobs, end to end (WORKLOAD_JOBS sets the number)`,
    goal: "the last fifth costs at most 1.25 times the second's processor time per job, memory grows by at most a quarter, ≤ 2 kB of database per finished job",
    async measure() {
      return withPlace(async ({ manager, name, bytes, byTable }) => {
        await manager.defineQueue(QUEUE);
        const start = performance.now();
        const spec = { key: "c", name: "campaign", tasks: CHAIN_TASKS, jobCount: COUNT };
        await manager.submit(spec, chains(COUNT));
        const samples = [sample(0, start)];
        let done = 0;
        await runPilots(manager, 8, 50, (jobs) => {
          done += jobs;
          if (done < (samples.length * COUNT) / 10) return;
          samples.push(sample(done, start));
          const { seconds, residentMb } = samples.at(-1)!;
          process.stderr.write(
            `${done} jobs, ${seconds.toFixed(0)} s, ${costUs(samples.at(-2)!, samples.at(-1)!).toFixed(0)} µs per job, ${residentMb.toFixed(0)} MB\n`,
          );
        });
        const [begin, , early, middle] = samples as [Sample, Sample, Sample, Sample, ...Sample[]];
        const last = samples.at(-1)!;
        const early2 = samples[4]!;
        const growth = costUs(samples.at(-3)!, last) / costUs(early, early2);
        const memory = last.residentMb / middle.residentMb;
        const perJob = (await bytes()) / COUNT;
        const rate = COUNT / (last.seconds - begin.seconds);
        process.stderr.write(`${await byTable()}\n`);
        return {
          figure: `accepted in ${begin.seconds.toFixed(0)} s, then ${rate.toFixed(0)} jobs/s; cost × ${growth.toFixed(2)}, memory × ${memory.toFixed(2)} (${last.residentMb.toFixed(0)} MB), ${perJob.toFixed(0)} bytes per job`,
          pass: done === COUNT && growth <= 1.25 && memory <= 1.25 && perJob <= 2000,
          note: `${name}; ${costUs(begin, last).toFixed(0)} µs of processor per job, database included`,
        };
      });
    },
  },
];
