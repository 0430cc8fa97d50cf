import { join } from "node:path";
import { AlmagestError } from "@almagest/base";
import type { Butler, DataId } from "@almagest/butler";
import { type RunSummary, runGraphFile } from "@almagest/pipeline";
import { readFacts, readJob } from "../submit/submission.ts";
import type { WorkflowJob } from "../workflow/generic-workflow.ts";
import {
  isComplete,
  type JobResult,
  type QuantumOutcome,
  readJobResult,
  writeJobResult,
} from "./job-result.ts";

/** How to run one job. */
export interface RunJobOptions {
  readonly folder: string;
  readonly job: string;
  readonly butler: Butler;
  /** URL of the module with task code and formatters. */
  readonly runtimeModule: string | URL;
  readonly signal?: AbortSignal;
}

/**
 * Runs the quanta of one job, which it reads from the submission's graph file, and leaves a result in the submit folder. A
 * quantum that fails blocks only what reads its outputs; what had succeeded before is skipped. A job that is killed leaves no
 * result and may be run again. Throws `BATCH.INTERRUPTED` when the signal stops it, `BATCH.SUBMISSION_MISSING`, and what
 * `runGraphFile` throws.
 */
export async function runJob(options: RunJobOptions): Promise<JobResult> {
  const { folder, butler, signal } = options;
  const started = performance.now();
  const facts = readFacts(folder);
  const job = readJob(folder, options.job);
  const isBlocked = isBlockedWhole(folder, job);
  const outcomes = isBlocked ? job.quanta.map((): QuantumOutcome => "blocked") : firstOutcomes(folder, job);
  const ready = outcomes.flatMap((outcome, position) => (outcome === "blocked" ? [] : [position]));
  let summary: RunSummary | undefined;
  if (ready.length > 0) {
    summary = await runGraphFile({
      butler,
      runtimeModule: options.runtimeModule,
      path: join(folder, facts.graphFile),
      quantumIds: ready.map((position) => job.quanta[position]!.id),
      workers: job.resources.cpus > 1 ? job.resources.cpus : 0,
      retries: job.resources.retryUnlessExit.includes(1) ? 0 : job.resources.retries,
      ...(signal ? { signal } : {}),
    });
    if (summary.status === "interrupted") {
      throw new AlmagestError(
        "BATCH.INTERRUPTED",
        `Job '${job.name}' was stopped; what it finished is kept.`,
      );
    }
  }
  const result: JobResult = {
    job: job.name,
    outcomes,
    failures: recordFailures(job, summary, outcomes),
    seconds: (performance.now() - started) / 1000,
    costs: Object.fromEntries(
      (summary?.labels ?? []).flatMap(({ label, seconds, succeeded }) =>
        succeeded > 0 ? [[label, { seconds, count: succeeded }]] : [],
      ),
    ),
    peakMemoryMb: process.resourceUsage().maxRSS / 1024,
    ...(isBlocked && job.kind === "NOOP" ? { blocked: true } : {}),
  };
  writeJobResult(folder, result);
  return result;
}

/** True where the order that was asked for says that nothing of a job may run, as something before it failed. */
function isBlockedWhole(folder: string, job: WorkflowJob): boolean {
  const isShut = (name: string): boolean => {
    const result = readJobResult(folder, name);
    return result === undefined || result.blocked === true;
  };
  if (job.seams?.some(isShut)) return true;
  return job.blocking === true && !job.parents.every((name) => isComplete(readJobResult(folder, name)));
}

/** Which quanta cannot run, as something before them in another job did not succeed; the others hope for the best. */
function firstOutcomes(folder: string, job: WorkflowJob): QuantumOutcome[] {
  const results = new Map<string, JobResult | undefined>();
  const outcomes: QuantumOutcome[] = [];
  const outcomeOf = (name: string, position: number): QuantumOutcome | undefined => {
    if (name === job.name) return outcomes[position];
    if (!results.has(name)) results.set(name, readJobResult(folder, name));
    return results.get(name)?.outcomes[position];
  };
  for (const { parents } of job.quanta) {
    const isOpen = parents.every(([name, at]) => outcomeOf(name, at) === "succeeded");
    outcomes.push(isOpen ? "succeeded" : "blocked");
  }
  return outcomes;
}

/** Marks what failed, and within the job what waited for it. */
function recordFailures(
  job: WorkflowJob,
  summary: RunSummary | undefined,
  outcomes: QuantumOutcome[],
): JobResult["failures"] {
  const positionOf = new Map(job.quanta.map(({ label, dataId }, at) => [keyOf(label, dataId), at]));
  const failures: { quantum: number; code?: string; message: string }[] = [];
  for (const { label, dataId, code, message } of summary?.failures ?? []) {
    const quantum = positionOf.get(keyOf(label, dataId));
    if (quantum === undefined) continue;
    outcomes[quantum] = "failed";
    failures.push({ quantum, message, ...(code === undefined ? {} : { code }) });
  }
  for (const [position, { parents }] of job.quanta.entries()) {
    if (outcomes[position] !== "succeeded") continue;
    if (parents.some(([name, at]) => name === job.name && outcomes[at] !== "succeeded")) {
      outcomes[position] = "blocked";
    }
  }
  return failures;
}

const keyOf = (label: string, dataId: DataId): string =>
  JSON.stringify([label, ...Object.entries(dataId).sort(([a], [b]) => (a < b ? -1 : 1))]);
