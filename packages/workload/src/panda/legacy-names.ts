import type { Parameters } from "./decode-body.ts";

/** Names that legacy calls use where v1's differ by more than letter case. */
const RENAMED: Readonly<Record<string, string>> = {
  jobId: "job_id",
  state: "job_status",
  xml: "job_output_report",
  mem: "memory",
  ids: "job_ids",
  taskID: "task_id",
  workerID: "worker_id",
  harvesterID: "harvester_id",
  pilotID: "pilot_id",
  batchID: "batch_id",
  schedulerID: "scheduler_id",
  metaData: "meta_data",
  maxPSS: "max_pss",
  maxRSS: "max_rss",
  maxVMEM: "max_vmem",
  maxSWAP: "max_swap",
  cpu: "cpu_mhz",
};

/** Legacy parameters under v1's names. */
export function fromLegacyNames(parameters: Parameters): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => {
      const renamed = RENAMED[name] ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      return [renamed, value];
    }),
  );
}

const OLD_NAMES = new Map(Object.entries(RENAMED).map(([old, name]) => [name, old]));

/** The legacy name of one of v1's parameters. */
export function legacyName(name: string): string {
  return OLD_NAMES.get(name) ?? name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
