import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { missingForSlurm, startSlurm } from "@almagest/servers";
import { findPython } from "../../interop/python.ts";
import type { Bar } from "../../scripts/bar.ts";
import { QUEUE, withPlace } from "./place.ts";
import { CHAIN_TASKS, chains, runPilots } from "./simulated-pilots.ts";

/** Jobs given to each: enough for a steady rate, few enough for a short run. */
const COUNT = { here: 20_000, slurm: 400, dask: 3000, parsl: 1000, hyperqueue: 1000 } as const;

/** What each system has on disk when a job's end is reported, in its default settings. */
const DURABLE: Readonly<Record<string, string>> = {
  slurm: "job records go to disk some seconds later, and a process runs per job",
  dask: "nothing: all is lost with the scheduler",
  parsl: "nothing unless checkpoints of results are asked for",
  hyperqueue: "nothing unless a journal is asked for; a process runs per job",
};

async function rateHere(): Promise<number> {
  return withPlace(async ({ manager }) => {
    await manager.defineQueue(QUEUE);
    const start = performance.now();
    await manager.submit(
      { key: "b", name: "b", tasks: CHAIN_TASKS, jobCount: COUNT.here },
      chains(COUNT.here),
    );
    let endMs = start;
    await runPilots(manager, 8, 50, () => {
      endMs = performance.now();
    });
    return (COUNT.here / (endMs - start)) * 1000;
  });
}

/** An array of jobs that do nothing, from `sbatch` until none is left. */
async function rateOfSlurm(): Promise<number | undefined> {
  if (missingForSlurm() !== "") return undefined;
  const folder = mkdtempSync(join(tmpdir(), "bench-slurm-"));
  const site = await startSlurm({ nodes: 4, cpus: 16 });
  try {
    const start = performance.now();
    site.run(
      "sbatch",
      `--array=1-${COUNT.slurm}`,
      "--output=/dev/null",
      `--chdir=${folder}`,
      "--mem=1",
      "--wrap=true",
    );
    while (site.run("squeue", "--noheader").trim() !== "") await sleep(100);
    return (COUNT.slurm / (performance.now() - start)) * 1000;
  } finally {
    await site.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Trivial tasks on two warm workers. HyperQueue writes where it is started, hence the folder. */
function rateOfPeer(name: "dask" | "parsl" | "hyperqueue"): number | undefined {
  const folder = mkdtempSync(join(tmpdir(), "bench-peer-"));
  try {
    const python = findPython([name === "dask" ? "distributed" : name], true);
    const script = new URL("../graph/peers.py", import.meta.url).pathname;
    const run = spawnSync(python, [script, name, String(COUNT[name])], {
      cwd: folder,
      encoding: "utf8",
      timeout: 120_000,
      env: { ...process.env, PATH: `${dirname(python)}:${process.env.PATH}` },
    });
    const last = run.stdout?.trim().split("\n").pop();
    return run.status === 0 && last ? 1000 / (JSON.parse(last) as { ms: number }).ms : undefined;
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same question put to other systems, in one run on one machine. */
export const bars: Bar[] = [
  {
    name: "trivial jobs per second beside Slurm's arrays, Dask, Parsl and HyperQueue",
    goal: "more than Slurm, with every step of every job durable",
    async measure() {
      const here = await rateHere();
      const others: [string, number | undefined][] = [["slurm", await rateOfSlurm()]];
      for (const name of ["dask", "parsl", "hyperqueue"] as const) others.push([name, rateOfPeer(name)]);
      const slurm = others[0]![1];
      const text = others.map(
        ([name, rate]) => `${name} ${rate === undefined ? "not found" : `${rate.toFixed(0)}/s`}`,
      );
      return {
        figure: `here ${here.toFixed(0)}/s; ${text.join(", ")}`,
        pass: slurm !== undefined && here > slurm,
        note: `here with simulated pilots: a graph's jobs submitted, brokered, handed out, running, finished, children released, each step on PostgreSQL's disk before it is answered. Durable elsewhere when a job has ended: ${Object.entries(
          DURABLE,
        )
          .map(([name, what]) => `${name}: ${what}`)
          .join("; ")}`,
      };
    },
  },
];
