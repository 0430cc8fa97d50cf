import { AlmagestError, type Json } from "@almagest/base";
import type { QueueState, WorkerLedger } from "../harvester/worker-ledger.ts";
import type { FoundLine, LogFilter } from "../logs/log-store.ts";
import type { QueueSpec } from "../manager/configure.ts";
import type { TaskCommand } from "../manager/control-tasks.ts";
import type { JobExplanation } from "../manager/explain-job.ts";
import type { WorkflowStatus } from "../manager/workflow-status.ts";
import type { Target } from "../panda/ownership.ts";
import type { ErrorCluster } from "../questions/cluster-errors.ts";
import type { JobFilter, JobLine } from "../questions/list-jobs.ts";
import type { WorkerLine } from "../questions/list-workers.ts";
import type { WorkflowLine } from "../questions/list-workflows.ts";
import type { Share } from "../scheduling/facility-shares.ts";
import type { Queue } from "../scheduling/resources.ts";
import type { JobSpec, SubmitResult, WorkflowSpec } from "../workflow-spec.ts";

/** How a client reaches its server. */
export interface WorkloadClientOptions {
  readonly url: string;
  readonly token?: string;
  /** A question that is not answered for so long has not reached the server; five minutes unless told. */
  readonly timeoutMs?: number;
}

/** Speaks to a workload manager over HTTP. Every call throws `WORKLOAD.UNREACHABLE` (retryable) or `WORKLOAD.REFUSED`. */
export class WorkloadClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  readonly #timeoutMs: number;

  constructor({ url, token, timeoutMs = 300_000 }: WorkloadClientOptions) {
    this.#timeoutMs = timeoutMs;
    this.#url = url.replace(/\/$/, "");
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  async #send(path: string, init: RequestInit): Promise<Json> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.#url}/api/v1/${path}`, {
        ...init,
        method: "POST",
        headers: { ...this.#headers, ...(init.headers as Record<string, string>) },
      });
      text = await response.text();
    } catch (cause) {
      const message = `The workload manager at ${this.#url} cannot be reached. Is \`almagest workload serve\` running?`;
      throw new AlmagestError("WORKLOAD.UNREACHABLE", message, { cause, retryable: true });
    }
    const refuse = (message: string, retryable = false): AlmagestError =>
      new AlmagestError("WORKLOAD.REFUSED", message, {
        fields: { path, status: response.status },
        retryable,
      });
    let reply: { success: boolean; message: string; data: Json };
    try {
      reply = JSON.parse(text) as typeof reply;
    } catch {
      throw refuse(`${this.#url} is no workload manager: it answers with status ${response.status}.`);
    }
    if (response.status >= 500) throw refuse(`The server failed: ${reply.message}.`, true);
    if (!reply.success) throw refuse(reply.message);
    return reply.data;
  }

  async #ask<T>(call: string, parameters: object = {}): Promise<T> {
    const headers = { "content-type": "application/json" };
    const signal = AbortSignal.timeout(this.#timeoutMs);
    return (await this.#send(`workload/${call}`, {
      headers,
      signal,
      body: JSON.stringify(parameters),
    })) as T;
  }

  /** Submits a workflow as a stream. Sending the same again goes on where it was cut off. */
  async submit(
    spec: Omit<WorkflowSpec, "owner">,
    jobs: Iterable<JobSpec> | AsyncIterable<JobSpec>,
  ): Promise<SubmitResult> {
    const body = ReadableStream.from(toLines(spec, jobs)).pipeThrough(new TextEncoderStream());
    const init = { body, duplex: "half", headers: { "content-type": "application/x-ndjson" } };
    return (await this.#send("workload/submit", init as RequestInit)) as unknown as SubmitResult;
  }

  /** Workflows, newest first. */
  workflows(
    filter: { readonly owner?: string; readonly name?: string; readonly limit?: number } = {},
  ): Promise<WorkflowLine[]> {
    return this.#ask("list_workflows", filter);
  }

  /** A workflow with its tasks. */
  workflow(id: number): Promise<WorkflowStatus> {
    return this.#ask("get_workflow", { workflow_id: id });
  }

  /** One page of a task's jobs. */
  jobs({ taskId, ...filter }: JobFilter): Promise<JobLine[]> {
    return this.#ask("list_jobs", { ...filter, task_id: taskId });
  }

  /** Ids of the jobs of a name, newest first. */
  findJobs(name: string): Promise<number[]> {
    return this.#ask("find_jobs", { name });
  }

  /** Why a job is where it is. */
  explain(jobId: number): Promise<JobExplanation> {
    return this.#ask("explain_job", { job_id: jobId });
  }

  /** What failed, failures of one kind together. */
  errors(workflowId?: number): Promise<ErrorCluster[]> {
    return this.#ask("cluster_errors", workflowId === undefined ? {} : { workflow_id: workflowId });
  }

  /** Tells a workflow, task or job to pause, resume, end or try again. */
  async control(target: Target, command: TaskCommand): Promise<void> {
    await this.#ask("control", { ...target, command });
  }

  /** Lines of jobs' logs, in the order of their arrival. */
  logs(filter: LogFilter = {}): Promise<FoundLine[]> {
    const { workflowId, workflowIds, jobId, attemptId, fromMs, toMs, ...rest } = filter;
    const named = {
      workflow_id: workflowId,
      workflow_ids: workflowIds,
      job_id: jobId,
      attempt_id: attemptId,
    };
    return this.#ask("search_logs", { ...rest, ...named, from_ms: fromMs, to_ms: toMs });
  }

  /** All queues with how full they are. */
  queues(): Promise<QueueState[]> {
    return this.#ask("list_queues");
  }

  /** Defines a queue, or changes the one of that name. */
  defineQueue(spec: QueueSpec): Promise<Queue> {
    return this.#ask("define_queue", spec);
  }

  /** Sets a queue online or offline, or drains it. */
  setQueueStatus(name: string, status: Queue["status"]): Promise<Queue> {
    return this.#ask("set_queue_status", { name, status });
  }

  /** Each facility's share. */
  shares(): Promise<Share[]> {
    return this.#ask("list_shares");
  }

  /** Sets the shares of all facilities. */
  setShares(targets: Readonly<Record<string, number>>): Promise<Share[]> {
    return this.#ask("set_shares", { targets });
  }

  /** The manager as a harvester needs it. */
  ledger(): WorkerLedger {
    return {
      queues: () => this.queues(),
      workers: (harvester) => this.#ask("open_workers", { harvester }),
      addWorkers: (harvester, queue, count) => this.#ask("add_workers", { harvester, queue, count }),
      seeWorker: (id, status, text, batchId = "") =>
        this.#ask("see_worker", { worker_id: id, status, text, batch_id: batchId }),
    };
  }

  /** What a worker's pilot printed, as its batch system has it. */
  pilotLog(workerId: number): Promise<string> {
    return this.#ask("get_pilot_log", { worker_id: workerId });
  }

  /** Pilots' workers: those not yet ended, or all. */
  workers(all = false): Promise<WorkerLine[]> {
    return this.#ask("list_workers", all ? { all } : {});
  }
}

/** Text of about so many characters goes out at once. */
const BATCH = 64 * 1024;

async function* toLines(
  spec: object,
  jobs: Iterable<JobSpec> | AsyncIterable<JobSpec>,
): AsyncGenerator<string> {
  let text = `${JSON.stringify(spec)}\n`;
  for await (const job of jobs) {
    text += `${JSON.stringify(job)}\n`;
    if (text.length < BATCH) continue;
    yield text;
    text = "";
  }
  yield text;
}
