import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  connectWorkload,
  type JobLine,
  type JobSpec,
  type ResourceRequest,
  type TaskSpec,
  type WorkloadClient,
} from "@almagest/workload";
import type { JobResources } from "../config/job-resources.ts";
import { isComplete, readJobResult } from "../job/job-result.ts";
import type { Submission } from "../submit/submission.ts";
import type { WorkflowJob } from "../workflow/generic-workflow.ts";
import { type JobState, type JobStatus, stateOfResult } from "./job-state.ts";
import { readWorkloadRecord, type WorkloadRecord, writeWorkloadRecord } from "./workload-record.ts";
import type { SystemTools, WorkloadSystem } from "./workload-system.ts";

/** States of a job in the manager by ours. */
const STATES: Readonly<Record<JobLine["status"], JobState>> = {
  waiting: "UNREADY",
  ready: "READY",
  active: "RUNNING",
  finished: "SUCCEEDED",
  failed: "FAILED",
  pruned: "PRUNED",
  cancelled: "DELETED",
};

/** Failed jobs of which the manager is asked why, per report. */
const MOST_ASKED = 50;

const PAGE = 10_000;

/**
 * Our own workload manager: the site's `server`, or ALMAGEST_WORKLOAD, says where it is (an address, or the folder of
 * `almagest workload serve`). It brokers jobs to facilities, has pilots run them on warm workers, and tries again by its own
 * rules what a machine failed; nothing of ours need stay alive.
 */
export const workloadSystem: WorkloadSystem = {
  prepare: async () => [],
  async submit(submission, tools) {
    const { folder, workflow } = submission;
    const client = clientOf(submission);
    let record = readWorkloadRecord(folder);
    // A submitter that died after it wrote what it would submit goes on with exactly that.
    if (record === undefined || record.accepted !== undefined) {
      const todo = workflow.jobs.filter(({ name }) => !isComplete(readJobResult(folder, name)));
      for (const { name } of todo) rmSync(join(folder, "results", `${name}.json`), { force: true });
      record = { serial: (record?.serial ?? 0) + 1, jobs: todo.map(({ name }) => name) };
      writeWorkloadRecord(folder, record);
    }
    if (record.jobs.length === 0) return folder;
    const jobs = chooseJobs(submission, record);
    const key = `${folder}#${record.serial}`;
    const spec = {
      key,
      name: workflow.name,
      tasks: taskSpecs(submission, tools, jobs),
      jobCount: jobs.length,
    };
    const { workflowId, firstJob } = await client.submit(spec, jobSpecs(jobs));
    writeWorkloadRecord(folder, { ...record, accepted: { workflowId, firstJob } });
    return String(workflowId);
  },
  async status(submission) {
    const record = readWorkloadRecord(submission.folder);
    const lines = new Map<string, JobLine>();
    const client = record?.accepted && clientOf(submission);
    if (client)
      for (const line of await listJobs(client, record.accepted!.workflowId)) lines.set(line.name, line);
    let asked = 0;
    return Promise.all(
      submission.workflow.jobs.map(async (job): Promise<JobStatus> => {
        const status = jobStatus(submission, job, lines.get(job.name));
        if (status.state !== "FAILED" || status.id === undefined || ++asked > MOST_ASKED) return status;
        if (readJobResult(submission.folder, job.name)) return status;
        const [reason] = (await client!.explain(Number(status.id))).reasons;
        return reason === undefined ? status : { ...status, reason };
      }),
    );
  },
  async advance(submission) {
    const accepted = readWorkloadRecord(submission.folder)?.accepted;
    return (
      accepted !== undefined && (await clientOf(submission).workflow(accepted.workflowId)).status !== "done"
    );
  },
  async cancel(submission) {
    const accepted = readWorkloadRecord(submission.folder)?.accepted;
    if (accepted === undefined) return 0;
    const client = clientOf(submission);
    const { workflowId } = accepted;
    const open = (await listJobs(client, workflowId)).filter(({ status }) =>
      /waiting|ready|active/.test(status),
    );
    if (open.length === 0) return 0;
    await client.control({ kind: "workflow", id: workflowId }, "kill");
    // One that is restarted must not meet its former self.
    while ((await client.workflow(workflowId)).status !== "done") await sleep(200);
    return open.length;
  },
  async ping() {
    const queues = await connectWorkload().queues();
    return (
      queues.map(({ name, facility, status }) => `${name} (${facility}): ${status}`).join(", ") || "no queues"
    );
  },
};

function clientOf({ facts }: Submission): WorkloadClient {
  const { server } = facts.site;
  return typeof server === "string" ? connectWorkload(server) : connectWorkload();
}

function chooseJobs({ workflow }: Submission, record: WorkloadRecord): WorkflowJob[] {
  const chosen = new Set(record.jobs);
  return workflow.jobs.filter(({ name }) => chosen.has(name));
}

/** One task per label and environment: a warm worker serves the jobs of one environment. */
const taskOf = ({ label, resources }: WorkflowJob): string => label + environmentMark(resources);

function environmentMark({ environment }: JobResources): string {
  const entries = Object.entries(environment);
  return entries.length === 0 ? "" : `?${new URLSearchParams(entries)}`;
}

function taskSpecs(
  { folder, facts }: Submission,
  tools: SystemTools,
  jobs: readonly WorkflowJob[],
): TaskSpec[] {
  const first = new Map(jobs.map((job) => [taskOf(job), job] as const).reverse());
  return [...first].reverse().map(([label, { resources }]) => ({
    label,
    request: requestOf(resources, facts.site.facility),
    maxAttempts: resources.retries + 1,
    payload: {
      worker: { command: [...tools.worker, folder], environment: { ...resources.environment } },
    },
    ...(resources.priority === undefined ? {} : { priority: resources.priority }),
  }));
}

function requestOf(resources: JobResources, facility: unknown): Partial<ResourceRequest> {
  return {
    memoryMb: resources.memoryMb,
    cores: resources.cpus,
    ...(resources.walltimeMin === undefined ? {} : { wallSec: Math.ceil(60 * resources.walltimeMin) }),
    ...(resources.diskMb === undefined ? {} : { diskMb: resources.diskMb }),
    ...(typeof facility === "string" ? { facility } : {}),
  };
}

function* jobSpecs(jobs: readonly WorkflowJob[]): Generator<JobSpec> {
  const numberOf = new Map(jobs.map(({ name }, number) => [name, number]));
  const common = new Map<string, string>();
  for (const job of jobs) {
    const task = taskOf(job);
    const { name, resources } = job;
    const own = JSON.stringify(resources);
    if (!common.has(task)) common.set(task, own);
    yield {
      name,
      task,
      // Parents that are not submitted have succeeded.
      parents: job.parents.flatMap((parent) => numberOf.get(parent) ?? []),
      ...(common.get(task) === own ? {} : { request: requestOf(resources, undefined) }),
    };
  }
}

async function listJobs(client: WorkloadClient, workflowId: number): Promise<JobLine[]> {
  const { tasks } = await client.workflow(workflowId);
  const all: JobLine[] = [];
  for (const { id } of tasks) {
    for (let after = 0; ; ) {
      const page = await client.jobs({ taskId: id, after, limit: PAGE });
      all.push(...page);
      if (page.length < PAGE) break;
      after = page.at(-1)!.id;
    }
  }
  return all;
}

function jobStatus({ folder }: Submission, job: WorkflowJob, line: JobLine | undefined): JobStatus {
  const { name } = job;
  const result = readJobResult(folder, name);
  if (line === undefined) {
    const state = result ? stateOfResult(result) : job.parents.length > 0 ? "UNREADY" : "READY";
    return { name, state, retries: 0 };
  }
  const base = { name, id: String(line.id), retries: Math.max(0, line.tries - 1) };
  if (line.status !== "finished") return { ...base, state: STATES[line.status] };
  if (result) return { ...base, state: stateOfResult(result) };
  return { ...base, state: "FAILED", reason: "left no result" };
}
