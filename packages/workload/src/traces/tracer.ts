import { rawSql } from "@almagest/database";
import type { JobOrder } from "../manager/acquire-jobs.ts";
import type { WorkloadManager } from "../manager/workload-manager.ts";
import { selectByIds } from "../store/bulk-sql.ts";
import { type PilotTiming, readPilotTiming } from "./pilot-timing.ts";
import { isSampled, jobContext, payloadContext, type TracedWorkflow, traceparent } from "./trace-context.ts";

/** Most of what is remembered at once; what is forgotten of it costs a question or a detail of a trace. */
const REMEMBERED = 100_000;

function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > REMEMBERED) map.delete(map.keys().next().value!);
}

/** What the server and the exporter share: which trace a job belongs to, and how long its pilot took for its parts. */
export class Tracer {
  readonly #manager: WorkloadManager;
  readonly #workflows = new Map<number, TracedWorkflow>();
  readonly #timings = new Map<number, PilotTiming>();
  /** Share of the jobs (0 to 1) whose spans are exported; failures always are. */
  readonly sample: number;

  constructor(manager: WorkloadManager, sample: number) {
    this.#manager = manager;
    this.sample = sample;
  }

  /** Workflows by id, as traces name them. */
  async workflows(ids: readonly number[]): Promise<ReadonlyMap<number, TracedWorkflow>> {
    const unknown = [...new Set(ids)].filter((id) => !this.#workflows.has(id));
    const rows = await this.#manager.ask((db) =>
      selectByIds(
        db,
        rawSql("SELECT id, submit_key, name, created_ms, job_count FROM workflow WHERE id"),
        unknown,
      ),
    );
    for (const [id, key, name, createdMs, jobCount] of rows) {
      remember(this.#workflows, Number(id), {
        ...{ id: Number(id), key: String(key), name: String(name) },
        ...{ createdMs: Number(createdMs), jobCount: Number(jobCount) },
      });
    }
    return this.#workflows;
  }

  /** The `traceparent` that a job's payload is given. */
  async traceparentOf({
    workflowId,
    jobId,
    attemptId,
  }: Pick<JobOrder, "workflowId" | "jobId" | "attemptId">): Promise<string> {
    const workflow = (await this.workflows([workflowId])).get(workflowId)!;
    const sampled = isSampled(jobContext(workflow, jobId), this.sample);
    return traceparent(payloadContext(workflow, jobId, attemptId), sampled);
  }

  /** A pilot told how long its parts took (`pilotTiming`); what cannot be read is left. */
  noteTiming(attemptId: number, text: string): void {
    const timing = readPilotTiming(text);
    if (timing !== undefined) remember(this.#timings, attemptId, timing);
  }

  /** What was noted of an attempt. */
  timingOf(attemptId: number): PilotTiming | undefined {
    return this.#timings.get(attemptId);
  }

  /** An attempt's spans are on their way. */
  forget(attemptId: number): void {
    this.#timings.delete(attemptId);
  }
}
