import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../submit/submission.ts";

/** What was asked of Slurm for one job. */
export interface SlurmEntry {
  /** Job number, with `_index` for an element of an array. */
  readonly id: string;
  readonly retries: number;
  /** How many of the retries followed a lack of memory. */
  readonly memoryFailures?: number;
  readonly memoryMb: number;
  readonly walltimeMin?: number;
  /** No more retries: its children wait for it no longer. */
  readonly givenUp?: boolean;
}

/** All jobs of a submission that were handed to Slurm. */
export interface SlurmRecord {
  readonly jobs: Record<string, SlurmEntry>;
}

/** Reads the record of a submit folder. */
export function readSlurmRecord(folder: string): SlurmRecord | undefined {
  const path = join(folder, "slurm.json");
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as SlurmRecord) : undefined;
}

/** Writes it whole. */
export function writeSlurmRecord(folder: string, record: SlurmRecord): void {
  writeWhole(join(folder, "slurm.json"), JSON.stringify(record));
}
