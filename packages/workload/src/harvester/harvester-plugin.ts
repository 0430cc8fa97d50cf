import type { Json } from "@almagest/base";
import type { Worker, WorkerStatus } from "../core/worker-state.ts";
import type { Queue } from "../scheduling/resources.ts";
import { createArc } from "./arc.ts";
import { createCondor } from "./htcondor.ts";
import { createKubernetes } from "./kubernetes.ts";
import { createLocalPool } from "./local-pool.ts";
import { createSlurm } from "./slurm.ts";

/** What a plugin must know to start a pilot on its batch system. */
export interface PilotSetup {
  /** Where the server is, as seen from the worker. */
  readonly url: string;
  /** A folder on the worker for the pilots' files. */
  readonly folder: string;
  /** Jobs at once per pilot. */
  readonly slots: number;
  /** A pilot ends after so long without work. */
  readonly idleSec: number;
  readonly token?: string;
}

/** What a batch system says of a worker. */
export interface WorkerSight {
  readonly status: WorkerStatus;
  readonly text: string;
}

/** What names a worker here and in its batch system. */
export type WorkerName = Pick<Worker, "id" | "harvester" | "batchId">;

/** One kind of batch system: starts pilots there, watches them, ends them. */
export interface HarvesterPlugin extends AsyncDisposable {
  /** Submits workers; gives the batch id of each. A worker that is not in the answer was refused. */
  submit(workers: readonly Worker[], queue: Queue, setup: PilotSetup): Promise<ReadonlyMap<number, string>>;
  /** Batch ids of workers that were written down and perhaps submitted before a crash, where the batch system can tell. */
  find?(workers: readonly Worker[]): Promise<ReadonlyMap<number, string>>;
  /** What became of workers with a batch id. One that is not in the answer is not known there (any more). */
  poll(workers: readonly Worker[]): Promise<ReadonlyMap<number, WorkerSight>>;
  /** Asks that workers end; they are polled until they have. */
  cancel(workers: readonly Worker[]): Promise<void>;
  /** What a worker's pilot printed, the end of it where that is long; undefined where it is not (any more) to be had.
   * `folder` is that of its setup. */
  log?(worker: WorkerName, folder: string): Promise<string | undefined>;
}

/** Makes a plugin from the options of its kind. Throws `WORKLOAD.CONFIG_INVALID`. */
export type PluginFactory = (options?: Readonly<Record<string, Json>>) => HarvesterPlugin;

/** The plugins by name. To add one: a file that gives a `PluginFactory`, and a line here. */
export const HARVESTER_PLUGINS: ReadonlyMap<string, PluginFactory> = new Map([
  ["local", () => createLocalPool()],
  ["slurm", createSlurm],
  ["arc", createArc],
  ["htcondor", createCondor],
  ["kubernetes", createKubernetes],
]);
