import { AlmagestError } from "@almagest/base";
import type { Butler, DataId } from "@almagest/butler";
import { loadPipeline, type Pipeline, type RunSummary, runPipeline } from "@almagest/pipeline";
import { readFacts, readJob, type SubmissionFacts } from "../submit/submission.ts";
import type { WorkflowJob } from "../workflow/generic-workflow.ts";
import { dataIdQuery } from "./data-id-query.ts";
import { type JobResult, type QuantumOutcome, readJobResult, writeJobResult } from "./job-result.ts";

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
 * Runs the quanta of one job, task by task, and leaves a result in the submit folder. A quantum that fails blocks only what
 * reads its outputs; what had succeeded before is skipped. A job that is killed leaves no result and may be run again.
 * Throws `BATCH.INTERRUPTED` when the signal stops it, `BATCH.SUBMISSION_MISSING`, and what `runPipeline` throws.
 */
export async function runJob(options: RunJobOptions): Promise<JobResult> {
  const { folder, butler, signal } = options;
  const started = performance.now();
  const facts = readFacts(folder);
  const job = readJob(folder, options.job);
  const pipeline = await loadPipeline(facts.pipelineYaml);
  const outcomes: QuantumOutcome[] = [];
  const failures: { quantum: number; code?: string; message: string }[] = [];
  const costs: Record<string, { seconds: number; count: number }> = {};
  const blocked = createBlockTest(folder, job, outcomes);
  for (const [label, positions] of positionsByLabel(job)) {
    const ready = positions.filter((position) => !blocked(position));
    for (const position of positions) outcomes[position] = "blocked";
    if (ready.length === 0) continue;
    for (const position of ready) outcomes[position] = "succeeded";
    const summary = await runPipeline({
      butler,
      pipeline: onlyTask(pipeline, label),
      runtimeModule: options.runtimeModule,
      where: restrict(
        facts,
        ready.map((position) => job.quanta[position]!.dataId),
      ),
      inputs: facts.inputs,
      outputRun: facts.outputRun,
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
    recordFailures(job, ready, summary, outcomes, failures);
    const [ran] = summary.labels;
    if (ran && ran.succeeded > 0) costs[label] = { seconds: ran.seconds, count: ran.succeeded };
  }
  const result: JobResult = {
    job: job.name,
    outcomes,
    failures,
    seconds: (performance.now() - started) / 1000,
    costs,
    peakMemoryMb: process.resourceUsage().maxRSS / 1024,
  };
  writeJobResult(folder, result);
  return result;
}

/** Quanta of one task do not read each other's outputs, so a job runs them together, tasks in running order. */
function positionsByLabel(job: WorkflowJob): Map<string, number[]> {
  const byLabel = new Map<string, number[]>();
  for (const [position, { label }] of job.quanta.entries()) {
    byLabel.set(label, [...(byLabel.get(label) ?? []), position]);
  }
  return byLabel;
}

function createBlockTest(
  folder: string,
  job: WorkflowJob,
  outcomes: readonly QuantumOutcome[],
): (position: number) => boolean {
  const results = new Map<string, JobResult | undefined>();
  const outcomeOf = (name: string, position: number): QuantumOutcome | undefined => {
    if (name === job.name) return outcomes[position];
    if (!results.has(name)) results.set(name, readJobResult(folder, name));
    return results.get(name)?.outcomes[position];
  };
  return (position) =>
    job.quanta[position]!.parents.some(([name, at]) => outcomeOf(name, at) !== "succeeded");
}

function recordFailures(
  job: WorkflowJob,
  ran: readonly number[],
  summary: RunSummary,
  outcomes: QuantumOutcome[],
  failures: { quantum: number; code?: string; message: string }[],
): void {
  const positionOf = new Map(ran.map((position) => [keyOf(job.quanta[position]!.dataId), position]));
  for (const { dataId, code, message } of summary.failures) {
    const quantum = positionOf.get(keyOf(dataId));
    if (quantum === undefined) continue;
    outcomes[quantum] = "failed";
    failures.push({ quantum, message, ...(code === undefined ? {} : { code }) });
  }
}

const keyOf = (dataId: DataId): string =>
  JSON.stringify(Object.entries(dataId).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The submission's own query stays in force, so that a quantum sees the inputs that it was predicted with. */
function restrict({ dataQuery }: SubmissionFacts, dataIds: readonly DataId[]): string {
  const exact = dataIdQuery(dataIds);
  return dataQuery === "" ? exact : `(${dataQuery}) AND (${exact})`;
}

function onlyTask(pipeline: Pipeline, label: string): Pipeline {
  const { selection: _selection, ...rest } = pipeline;
  const task = pipeline.tasks.get(label)!;
  return { ...rest, tasks: new Map([[label, task]]), contracts: [], subsets: new Map(), steps: [] };
}
