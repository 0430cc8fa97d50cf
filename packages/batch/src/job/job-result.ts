import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** How a quantum of a job ended; `blocked` when something it reads was not made because of a failure. */
export type QuantumOutcome = "succeeded" | "failed" | "blocked";

/** What a job that ran to its end leaves in the submit folder. */
export interface JobResult {
  readonly job: string;
  /** Parallel to the job's quanta. */
  readonly outcomes: readonly QuantumOutcome[];
  /** Of a NOOP job: what waits for it must not run. */
  readonly blocked?: boolean;
  readonly failures: readonly {
    readonly quantum: number;
    readonly code?: string;
    readonly message: string;
  }[];
  readonly seconds: number;
  /** Seconds of quanta by task label, and how many ran: what later submissions pack by. */
  readonly costs: Readonly<Record<string, { readonly seconds: number; readonly count: number }>>;
  readonly peakMemoryMb: number;
}

const resultPath = (folder: string, job: string): string => join(folder, "results", `${job}.json`);

/** Stores a result whole or not at all. */
export function writeJobResult(folder: string, result: JobResult): void {
  const path = resultPath(folder, result.job);
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(result));
  renameSync(temporary, path);
}

/** The result of a job, or undefined while there is none. */
export function readJobResult(folder: string, job: string): JobResult | undefined {
  const path = resultPath(folder, job);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as JobResult) : undefined;
}

/** True when every quantum of it succeeded. */
export function isComplete(result: JobResult | undefined): boolean {
  if (result === undefined || result.blocked) return false;
  return result.outcomes.every((outcome) => outcome === "succeeded");
}
