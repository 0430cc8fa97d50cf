import { join } from "node:path";

const BPS = [process.execPath, join(import.meta.dirname, "..", "..", "..", "bin", "almagest.js"), "bps"];

/** What batch systems start. */
export const JOB_TOOLS = {
  /** For one job; the submit folder and the job's name follow. */
  command: [...BPS, "run-job"],
  /** For many; the submit folder follows. */
  worker: [...BPS, "run-jobs"],
} as const;
