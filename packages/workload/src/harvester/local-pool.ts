import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "../core/worker-state.ts";
import { findMarked, findStarted, killMarked, markBelow, PILOT_MARK } from "../pilot/process-tree.ts";
import type { Queue } from "../scheduling/resources.ts";
import type { HarvesterPlugin, PilotSetup, WorkerSight } from "./harvester-plugin.ts";
import { PILOT_FILE, pilotWords } from "./pilot-command.ts";
import { readLogEnd } from "./read-log-end.ts";

/** How long a pilot may take to end its jobs when it is told to. */
const GRACE_MS = 10_000;

/** What its jobs may take to end when their pilot is dead. */
const ORPHAN_GRACE_MS = 1000;

const markOf = (worker: Worker): string => markBelow(`${worker.harvester}-worker-${worker.id}`);

/** True while the pilot's own process lives (its batch id is its process id, and the mark tells it from a later one). */
async function isPilotAlive(worker: Worker): Promise<boolean> {
  return (await findMarked(markOf(worker))).includes(Number(worker.batchId));
}

/** Tells the pilot to end, so that it ends and reports its jobs; what is left after the grace is killed. */
async function endPilot(worker: Worker): Promise<void> {
  const deadline = performance.now() + GRACE_MS;
  if (await isPilotAlive(worker)) process.kill(Number(worker.batchId), "SIGTERM");
  while (performance.now() < deadline && (await isPilotAlive(worker))) await sleep(50);
  await killMarked(markOf(worker), ORPHAN_GRACE_MS);
}

/** Pilots as processes of this machine, each in a session of its own. They outlive the harvester and are found again by
 * the mark in their environment. `pilotFile` is what Node runs. */
export function createLocalPool(pilotFile = PILOT_FILE): HarvesterPlugin {
  const children = new Map<number, ChildProcess>();
  const submitted = new Map<number, Worker>();
  const isAlive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

  const start = (worker: Worker, queue: Queue, setup: PilotSetup): number | undefined => {
    mkdirSync(setup.folder, { recursive: true });
    const log = openSync(join(setup.folder, `worker-${worker.id}.log`), "a");
    const words = pilotWords(setup, queue.name, worker.harvester, String(worker.id));
    const environment: NodeJS.ProcessEnv = { ...process.env, [PILOT_MARK]: markOf(worker) };
    if (setup.token !== undefined) environment.ALMAGEST_PILOT_TOKEN = setup.token;
    const child = spawn(process.execPath, [pilotFile, ...words], {
      detached: true,
      stdio: ["ignore", log, log],
      env: environment,
    });
    closeSync(log);
    // A pilot that could not be started has no process id, and is reported as refused.
    child.on("error", () => {});
    if (child.pid === undefined) return undefined;
    children.set(worker.id, child);
    submitted.set(worker.id, { ...worker, batchId: String(child.pid) });
    return child.pid;
  };

  return {
    async submit(workers, queue, setup) {
      const pids = workers.map((worker): [number, number | undefined] => [
        worker.id,
        start(worker, queue, setup),
      ]);
      return new Map(pids.flatMap(([id, pid]) => (pid === undefined ? [] : [[id, String(pid)] as const])));
    },
    async find(workers) {
      const pids = await Promise.all(workers.map((worker) => findStarted(markOf(worker))));
      return new Map(
        workers.flatMap(({ id }, index) =>
          pids[index] === undefined ? [] : [[id, String(pids[index])] as const],
        ),
      );
    },
    async poll(workers) {
      const sights = new Map<number, WorkerSight>();
      for (const worker of workers) {
        const child = children.get(worker.id);
        // A child of a harvester before this one is known by its mark alone, and its exit code is lost.
        const alive = child === undefined ? await isPilotAlive(worker) : isAlive(child);
        if (alive) {
          sights.set(worker.id, { status: "running", text: "" });
          continue;
        }
        // A pilot that was killed may have left its jobs behind.
        await killMarked(markOf(worker), ORPHAN_GRACE_MS);
        if (child === undefined) continue;
        const how = child.signalCode ?? `exit code ${child.exitCode}`;
        sights.set(worker.id, { status: child.exitCode === 0 ? "finished" : "failed", text: how });
      }
      return sights;
    },
    async cancel(workers) {
      await Promise.all(workers.map(endPilot));
    },
    log: ({ id }, folder) => readLogEnd(join(folder, `worker-${id}.log`)),
    async [Symbol.asyncDispose]() {
      const alive = [...submitted.values()].filter(({ id }) => isAlive(children.get(id)!));
      await Promise.all(alive.map(endPilot));
    },
  };
}
