import { readJobResult } from "../job/job-result.ts";
import { JOB_STATES, type JobState, type JobStatus, overallState } from "../systems/job-state.ts";
import type { Submission } from "./submission.ts";

/** One label's line of a report: jobs by state, quanta by outcome. */
export interface LabelReport {
  readonly label: string;
  readonly states: Readonly<Partial<Record<JobState, number>>>;
  readonly expected: number;
  /** Of its failed jobs: 1 where the payload failed, else what the workload system tells. */
  readonly exitCodes: readonly number[];
  readonly quanta: { readonly succeeded: number; readonly failed: number; readonly blocked: number };
}

/** How a submission stands. */
export interface SubmissionReport {
  /** While it runs: `H` held, `D` deleted, `F` failed jobs are there, so that somebody should look; else empty. */
  readonly flag: string;
  readonly state: JobState;
  readonly percentSucceeded: number;
  readonly id: string;
  readonly operator: string;
  readonly project: string;
  readonly campaign: string;
  readonly payload: string;
  readonly run: string;
  readonly labels: readonly LabelReport[];
  /** Failures of the payload by error code, of the machinery by the workload system's words. */
  readonly failures: readonly {
    readonly cause: string;
    readonly kind: "payload" | "machinery";
    readonly count: number;
  }[];
}

/** Sums the states of jobs and the results in the submit folder. */
export function reportSubmission(
  { folder, facts, workflow }: Submission,
  statuses: readonly JobStatus[],
): SubmissionReport {
  const states = statuses.map(({ state }) => state);
  const labels = new Map<
    string,
    {
      states: Partial<Record<JobState, number>>;
      expected: number;
      exitCodes: number[];
      quanta: { succeeded: number; failed: number; blocked: number };
    }
  >();
  const failures = new Map<string, { cause: string; kind: "payload" | "machinery"; count: number }>();
  const fail = (kind: "payload" | "machinery", cause: string): void => {
    const key = `${kind} ${cause}`;
    const entry = failures.get(key) ?? { cause, kind, count: 0 };
    entry.count++;
    failures.set(key, entry);
  };
  for (const [i, job] of workflow.jobs.entries()) {
    if (job.kind === "NOOP") continue;
    const { state, reason } = statuses[i]!;
    const line = labels.get(job.label) ?? {
      states: {},
      expected: 0,
      exitCodes: [],
      quanta: { succeeded: 0, failed: 0, blocked: 0 },
    };
    labels.set(job.label, line);
    line.expected++;
    line.states[state] = (line.states[state] ?? 0) + 1;
    const result = readJobResult(folder, job.name);
    for (const outcome of result?.outcomes ?? []) line.quanta[outcome]++;
    for (const { code, message } of result?.failures ?? []) fail("payload", code ?? message.split("\n")[0]!);
    if (state === "FAILED") line.exitCodes.push(result ? 1 : exitCodeIn(reason));
    if (state === "FAILED" && !result) fail("machinery", reason ?? "no result");
  }
  const [done, all] = [countJobs(labels.values(), "SUCCEEDED"), countJobs(labels.values())];
  const overall = overallState(states);
  const flags: [string, JobState][] = [
    ["H", "HELD"],
    ["D", "DELETED"],
    ["F", "FAILED"],
  ];
  return {
    flag: overall === "RUNNING" ? (flags.find(([, state]) => states.includes(state))?.[0] ?? "") : "",
    state: overall,
    percentSucceeded: all === 0 ? 100 : Math.floor((done / all) * 100),
    id: folder,
    operator: facts.operator,
    project: facts.project,
    campaign: facts.campaign,
    payload: facts.payloadName,
    run: facts.outputRun,
    labels: [...labels].map(([label, line]) => ({ label, ...line })),
    failures: [...failures.values()],
  };
}

function countJobs(
  labels: Iterable<{ states: Partial<Record<JobState, number>>; expected: number }>,
  state?: JobState,
): number {
  let sum = 0;
  for (const line of labels) sum += state === undefined ? line.expected : (line.states[state] ?? 0);
  return sum;
}

/** The exit code that a workload system's words name; 255 where they name none. */
function exitCodeIn(reason: string | undefined): number {
  return Number(/exit code (\d+)/.exec(reason ?? "")?.[1] ?? 255);
}

/** Exit code of `bps status`, as the original's: success is 0, the other states count from 10 in their order. */
export function exitCodeOf(state: JobState): number {
  return state === "SUCCEEDED" ? 0 : JOB_STATES.indexOf(state) + 10;
}
