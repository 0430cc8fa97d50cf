import { join } from "node:path";

/** What batch systems start for one job; the submit folder and the job's name follow. */
export const JOB_COMMAND: readonly string[] = [
  process.execPath,
  join(import.meta.dirname, "..", "..", "..", "bin", "almagest.js"),
  "bps",
  "run-job",
];
