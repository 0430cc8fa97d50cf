import { readJobResult } from "../job/job-result.ts";
import { JOB_STATES, type JobState, type JobStatus, overallState } from "../systems/job-state.ts";
import type { Submission } from "./submission.ts";

/** One label's line of a report: jobs by state, quanta by outcome. */
export interface LabelReport {
  readonly label: string;
  readonly states: Readonly<Partial<Record<JobState, number>>>;
  readonly expected: number;
  readonly quanta: { readonly succeeded: number; readonly failed: number; readonly blocked: number };
}

/** How a submission stands. */
export interface SubmissionReport {
  /** `H` held, `D` deleted, `F` failed jobs present, else empty. */
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
      quanta: { succeeded: 0, failed: 0, blocked: 0 },
    };
    labels.set(job.label, line);
    line.expected++;
    line.states[state] = (line.states[state] ?? 0) + 1;
    const result = readJobResult(folder, job.name);
    for (const outcome of result?.outcomes ?? []) line.quanta[outcome]++;
    for (const { code, message } of result?.failures ?? []) fail("payload", code ?? message.split("\n")[0]!);
    if (state === "FAILED" && !result) fail("machinery", reason ?? "no result");
  }
  const done = states.filter((state) => state === "SUCCEEDED").length;
  const flags: [string, JobState][] = [
    ["F", "FAILED"],
    ["D", "DELETED"],
    ["H", "HELD"],
  ];
  return {
    flag: flags.find(([, state]) => states.includes(state))?.[0] ?? "",
    state: overallState(states),
    percentSucceeded: states.length === 0 ? 100 : Math.floor((100 * done) / states.length),
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

/** Exit code of `bps status`: the position of the state in Rubin's list, except that success is 0. */
export function exitCodeOf(state: JobState): number {
  return state === "SUCCEEDED" ? 0 : JOB_STATES.indexOf(state) + 1;
}
