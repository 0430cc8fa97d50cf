import { AlmagestError } from "@almagest/base";
import { htcondorSystem } from "./htcondor.ts";
import { localSystem } from "./local.ts";
import { parslSystem } from "./parsl.ts";
import { slurmSystem } from "./slurm.ts";
import { findSystemName } from "./system-name.ts";
import { workloadSystem } from "./workload.ts";
import type { WorkloadSystem } from "./workload-system.ts";

/** Workload systems by `wmsServiceClass`. To add one, write its file and list it here. */
const SYSTEMS: ReadonlyMap<string, WorkloadSystem> = new Map([
  ["local", localSystem],
  ["slurm", slurmSystem],
  ["workload", workloadSystem],
  ["htcondor", htcondorSystem],
  ["parsl", parslSystem],
]);

/** The workload system of a name or of one of Rubin's service classes. Throws `BATCH.SYSTEM_UNKNOWN`. */
export function findSystem(serviceClass: string): WorkloadSystem {
  const system = SYSTEMS.get(findSystemName(serviceClass));
  if (system === undefined) {
    const known = [...SYSTEMS.keys()].join(", ");
    throw new AlmagestError(
      "BATCH.SYSTEM_UNKNOWN",
      `No workload system '${serviceClass}'; wmsServiceClass may be ${known}, or Rubin's classes for them.`,
      { fields: { serviceClass } },
    );
  }
  return system;
}
