import { invariant, type Json, parseJson } from "@almagest/base";
import { joinSql, rawSql, sql } from "@almagest/database";
import type { Attempt } from "../core/attempt-state.ts";
import type { Message } from "../core/settle.ts";
import { ATTEMPT_COLUMNS, fromAttemptRow } from "../store/rows.ts";
import { loadNeed } from "../store/slice-store.ts";
import type { Commit } from "./commit.ts";

/** What a pilot offers. */
export interface PilotOffer {
  readonly queue: string;
  /** Who asks, for the record. */
  readonly worker: string;
  /** How many jobs it wants at most. */
  readonly count: number;
  /** Only jobs that fit; no limit when absent. */
  readonly memoryMb?: number;
  readonly cores?: number;
  readonly wallSec?: number;
  /** Only attempts at jobs of this task. */
  readonly taskId?: number;
  /** Asking again under the same id gives the same jobs: for an answer that was lost on its way. */
  readonly requestId?: string;
  /** Wait so long for work to appear. */
  readonly waitMs?: number;
}

/** A job as handed to a pilot. */
export interface JobOrder {
  readonly attemptId: number;
  readonly attemptNr: number;
  readonly jobId: number;
  readonly jobName: string;
  readonly taskId: number;
  readonly workflowId: number;
  readonly label: string;
  readonly queue: string;
  readonly memoryMb: number;
  readonly wallSec: number;
  readonly cores: number;
  readonly priority: number;
  /** The task's payload, then the job's own; opaque. */
  readonly taskPayload: Json | undefined;
  readonly jobPayload: Json | undefined;
}

const COLUMNS = rawSql(ATTEMPT_COLUMNS.join(", "));

/** Hands out the most urgent attempts of the offer's queue that fit. */
export async function acquireJobs(commit: Commit, offer: PilotOffer): Promise<JobOrder[]> {
  const queue = [...commit.world.queues.values()].find(({ name }) => name === offer.queue);
  if (queue === undefined) return [];
  const again = offer.requestId === undefined ? undefined : await leasedBefore(commit, offer.requestId);
  if (again !== undefined) return describeOrders(commit, again);
  if (commit.world.loads.get(queue.id)?.activated === 0) return [];
  await commit.flush();
  let where = sql`queue_id = ${queue.id} AND status = 'activated'`;
  if (offer.memoryMb !== undefined) where = sql`${where} AND memory_mb <= ${offer.memoryMb}`;
  if (offer.cores !== undefined) where = sql`${where} AND cores <= ${offer.cores}`;
  if (offer.wallSec !== undefined) where = sql`${where} AND wall_sec <= ${offer.wallSec}`;
  if (offer.taskId !== undefined) {
    where = sql`${where} AND job_id IN (SELECT id FROM job WHERE task_id = ${offer.taskId})`;
  }
  const rows = await commit.db.rows(
    sql`SELECT ${COLUMNS} FROM attempt WHERE ${where} ORDER BY priority DESC, id LIMIT ${offer.count}`,
  );
  const attempts = rows.map(fromAttemptRow);
  for (const attempt of attempts) commit.slice.attempts.set(attempt.id, attempt);
  const event = { kind: "dispatch", nowMs: commit.nowMs, worker: offer.worker } as const;
  await commit.tell(attempts.map(({ id }): Message => ({ to: "attempt", id, event })));
  if (offer.requestId !== undefined && attempts.length > 0) {
    const row = [offer.requestId, attempts.map(({ id }) => id).join(" "), commit.nowMs];
    await commit.db.insertMany("lease", ["request", "attempts", "time_ms"], [row]);
  }
  return describeOrders(commit, attempts);
}

/** The attempts that an earlier answer to this request named and that nobody has reported on. */
async function leasedBefore(commit: Commit, requestId: string): Promise<Attempt[] | undefined> {
  const row = (await commit.db.rows(sql`SELECT attempts FROM lease WHERE request = ${requestId}`))[0];
  if (row === undefined) return undefined;
  const ids = String(row[0]).split(" ").map(Number);
  const missing = ids.filter((id) => !commit.slice.attempts.has(id));
  await loadNeed(commit.db, commit.slice, { jobs: [], attempts: missing, childrenOf: [], parentsOf: [] });
  return ids.map((id) => commit.slice.attempts.get(id)!).filter(({ status }) => status === "sent");
}

async function describeOrders(commit: Commit, attempts: readonly Attempt[]): Promise<JobOrder[]> {
  if (attempts.length === 0) return [];
  const { world, slice } = commit;
  const missing = attempts.map(({ jobId }) => jobId).filter((id) => !slice.jobs.has(id));
  await loadNeed(commit.db, slice, { jobs: missing, attempts: [], childrenOf: [], parentsOf: [] });
  const ids = attempts.map(({ jobId }) => jobId);
  const rows = await commit.db.rows(
    sql`SELECT id, name, payload FROM job_detail WHERE id IN (${joinSql(ids)})`,
  );
  const details = new Map(rows.map(([id, name, payload]) => [Number(id), { name: String(name), payload }]));
  return attempts.map((attempt) => {
    const job = slice.jobs.get(attempt.jobId);
    invariant(job !== undefined, `attempt ${attempt.id} has no job`);
    const task = world.tasks.get(job.taskId)!;
    const { name, payload } = details.get(job.id)!;
    return {
      attemptId: attempt.id,
      attemptNr: attempt.nr,
      jobId: job.id,
      jobName: name,
      taskId: task.id,
      workflowId: task.workflowId,
      label: task.spec.label,
      queue: world.queues.get(attempt.queueId)!.name,
      memoryMb: attempt.memoryMb,
      wallSec: attempt.wallSec,
      cores: attempt.cores,
      priority: attempt.priority,
      taskPayload: task.spec.payload,
      jobPayload: payload === null ? undefined : parseJson(String(payload)),
    };
  });
}
