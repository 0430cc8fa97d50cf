import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { AlmagestError } from "@almagest/base";
import type { GenericWorkflow, WorkflowJob } from "../workflow/generic-workflow.ts";

/** What is known of a submission besides its jobs. */
export interface SubmissionFacts {
  readonly name: string;
  /** Key in the map of workload systems. */
  readonly system: string;
  readonly butlerConfig: string;
  /** Name of the quantum graph file in the submit folder. */
  readonly graphFile: string;
  readonly output?: string;
  readonly outputRun: string;
  readonly operator: string;
  readonly project: string;
  readonly campaign: string;
  readonly payloadName: string;
  readonly computeSite: string;
  /** Site keys that plugins read, such as the partition. */
  readonly site: Readonly<Record<string, unknown>>;
}

/** A prepared submission in its folder. */
export interface Submission {
  readonly folder: string;
  readonly facts: SubmissionFacts;
  readonly workflow: GenericWorkflow;
}

/** Writes a file whole or not at all. */
export function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

/** Stores a submission: facts, the workflow without quanta, and one file per job, which is all that a job reads. */
export function writeSubmission({ folder, facts, workflow }: Submission): void {
  for (const job of workflow.jobs) writeWhole(jobPath(folder, job.name), JSON.stringify(job));
  writeWhole(
    join(folder, "workflow.json"),
    JSON.stringify({ name: workflow.name, jobs: workflow.jobs.map(({ name }) => name) }),
  );
  writeWhole(join(folder, "submission.json"), `${JSON.stringify(facts, null, 2)}\n`);
}

/** Reads a submission back. Throws `BATCH.SUBMISSION_MISSING`. */
export function readSubmission(path: string): Submission {
  const folder = resolve(path);
  const facts = readFacts(folder);
  const { name, jobs } = JSON.parse(readFileSync(join(folder, "workflow.json"), "utf8")) as {
    name: string;
    jobs: string[];
  };
  return { folder, facts, workflow: { name, jobs: jobs.map((job) => readJob(folder, job)) } };
}

/** The facts of a submission. Throws `BATCH.SUBMISSION_MISSING`. */
export function readFacts(folder: string): SubmissionFacts {
  const path = join(folder, "submission.json");
  if (!existsSync(path)) {
    throw new AlmagestError(
      "BATCH.SUBMISSION_MISSING",
      `'${folder}' holds no submission (submission.json).`,
      {
        fields: { folder },
      },
    );
  }
  return JSON.parse(readFileSync(path, "utf8")) as SubmissionFacts;
}

/** One job of a submission. */
export function readJob(folder: string, name: string): WorkflowJob {
  const path = jobPath(folder, name);
  if (!existsSync(path)) {
    throw new AlmagestError("BATCH.SUBMISSION_MISSING", `The submission has no job '${name}'.`, {
      fields: { folder, name },
    });
  }
  return JSON.parse(readFileSync(path, "utf8")) as WorkflowJob;
}

const jobPath = (folder: string, name: string): string => join(folder, "jobs", `${name}.json`);
