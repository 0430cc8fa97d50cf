import { execFile, execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { missingForSlurm, startSlurm } from "@almagest/servers";
import {
  HARVESTER_PLUGINS,
  type JobSpec,
  runHarvester,
  startPandaServer,
  type WorkloadManager,
} from "@almagest/workload";
import type { Bar } from "../../scripts/bar.ts";
import { QUEUE, withPlace } from "./place.ts";

const NODES = 32;
const SLOTS = 32;
const PILOTS = NODES * SLOTS;

/** Memory that the machine has given out, in MB. */
function usedMb(): number {
  const text = readFileSync("/proc/meminfo", "latin1");
  const kb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)![1]);
  return (kb("MemTotal") - kb("MemAvailable")) / 1000;
}

/** As many jobs as there are pilots, none of which ends before a gate is opened; and a child of each. */
function gatedJobs(gate: string): JobSpec[] {
  const wait = { command: ["sh", "-c", `: < ${gate}`] };
  return Array.from({ length: 2 * PILOTS }, (_, index): JobSpec => {
    if (index < PILOTS) return { name: `gated_${index}`, task: "gated", payload: wait };
    return {
      name: `child_${index}`,
      task: "child",
      payload: { command: ["true"] },
      parents: [index - PILOTS],
    };
  });
}

/** Node in a process table of its own, as on a node of its own: all nodes are this machine, and a pilot looks through all
 * processes it can see. */
function ownProcesses(folder: string): string {
  const file = join(folder, "node");
  const spaces = "--fork --pid --mount-proc --kill-child=SIGTERM";
  writeFileSync(file, `#!/bin/sh\nexec unshare ${spaces} ${process.execPath} "$@"\n`, { mode: 0o755 });
  return file;
}

/** How many jobs wait at the gate: the shells that really run, whatever the manager believes. */
async function countWaiting(gate: string): Promise<number> {
  const text = await new Promise<string>((resolve) => {
    execFile("pgrep", ["-fc", `^sh -c : < ${gate}`], (_none, out) => resolve(out));
  });
  return Number(text);
}

async function waitFor(
  manager: WorkloadManager,
  workflowId: number,
  holds: (finished: number) => boolean,
  withinSec: number,
): Promise<number> {
  const start = performance.now();
  for (;;) {
    const { tasks } = await manager.workflow(workflowId);
    const finished = tasks.reduce((sum, { state }) => sum + state.counts.finished, 0);
    const seconds = (performance.now() - start) / 1000;
    if (holds(finished)) return seconds;
    if (seconds > withinSec) throw new Error(`${finished} jobs finished, after ${withinSec} s`);
    await sleep(200);
  }
}

/** A farm of many pilots, each with a job, at once. */
export const bars: Bar[] = [
  {
    name: `${PILOTS} pilots at once on ${NODES} virtual Slurm nodes of ${SLOTS} CPUs`,
    goal: "all run a job at the same time and every job ends well",
    async measure() {
      const missing = missingForSlurm();
      if (missing !== "") throw new Error(missing);
      const folder = mkdtempSync(join(tmpdir(), "thousand-pilots-"));
      chmodSync(folder, 0o755);
      const gate = join(folder, "gate");
      execFileSync("mkfifo", [gate]);
      const site = await startSlurm({ nodes: NODES, cpus: SLOTS, memoryMb: 64_000 });
      try {
        return await withPlace(async ({ manager, name }) => {
          await manager.defineQueue(QUEUE);
          const server = await startPandaServer(manager);
          const plugin = HARVESTER_PLUGINS.get("slurm")!({
            environment: { ...site.environment },
            node: ownProcesses(folder),
            wallSec: 3600,
          });
          const pilots = join(folder, "pilots");
          mkdirSync(pilots);
          const settings = {
            ...{ harvester: "h", queue: QUEUE.name, url: server.url, folder: pilots },
            ...{ slots: SLOTS, idleSec: 60, maxWorkers: NODES },
          };
          const tasks = [{ label: "gated" }, { label: "child" }];
          const jobs = gatedJobs(gate);
          const spec = { key: "k", name: "thousand", tasks, jobCount: jobs.length };
          const { workflowId } = await manager.submit(spec, jobs);
          const before = usedMb();
          const stop = new AbortController();
          const running = runHarvester(manager, plugin, settings, 1000, stop.signal);
          let most = 0;
          const began = performance.now();
          for (; most < PILOTS && performance.now() - began < 300_000; await sleep(1000))
            most = Math.max(most, await countWaiting(gate));
          const startSec = (performance.now() - began) / 1000;
          const memoryMb = usedMb() - before;
          writeFileSync(gate, "");
          const endSec = await waitFor(manager, workflowId, (finished) => finished === jobs.length, 420);
          for (let wait = 0; wait < 300 && (await manager.workers("h")).length > 0; wait++) await sleep(200);
          const left = (await manager.workers("h")).length;
          stop.abort();
          await running;
          await server.close();
          return {
            figure: `${most} jobs at once ${startSec.toFixed(0)} s after the first sbatch, all ${jobs.length} finished ${endSec.toFixed(0)} s after the gate opened`,
            pass: most >= PILOTS && left === 0,
            note: `${NODES} pilot processes of ${SLOTS} slots: a pilot here is a slot that asks, reports and beats for itself and runs its job as a process group of its own; the whole machine, whatever else runs, used ${memoryMb.toFixed(0)} MB more than before; ${name}`,
          };
        });
      } finally {
        await site.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  },
];
