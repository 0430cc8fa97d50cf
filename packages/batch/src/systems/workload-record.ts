import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../submit/submission.ts";

/** What was handed to a workload manager. */
export interface WorkloadRecord {
  /** Counts the submissions of the folder; part of the key, so that a repeated one is the same. */
  readonly serial: number;
  /** Jobs in the order they were submitted. */
  readonly jobs: readonly string[];
  /** Absent until the manager has accepted. */
  readonly accepted?: { readonly workflowId: number; readonly firstJob: number };
}

/** Reads the record of a submit folder. */
export function readWorkloadRecord(folder: string): WorkloadRecord | undefined {
  const path = join(folder, "workload.json");
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as WorkloadRecord) : undefined;
}

/** Writes it whole. */
export function writeWorkloadRecord(folder: string, record: WorkloadRecord): void {
  writeWhole(join(folder, "workload.json"), JSON.stringify(record));
}
