import { invariant, type Json, parseJson } from "@almagest/base";
import { rawSql, sql } from "@almagest/database";
import type { Attempt } from "../core/attempt-state.ts";
import type { Message } from "../core/settle.ts";
import { typicalWallSec } from "../scheduling/learn-usage.ts";
import { selectByIds } from "../store/bulk-sql.ts";
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
  /** Take more than `count` short jobs, until their expected times add up to so many seconds. */
  readonly packSec?: number;
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

/** Most jobs that packing adds to what was asked for. */
const MAX_PACK = 64;

/** The attempts that an earlier answer to this request named and that nobody has reported on; undefined when there was
 * none. */
export async function leasedBefore(commit: Commit, requestId: string): Promise<Attempt[] | undefined> {
  const row = (await commit.db.rows(sql`SELECT attempts FROM lease WHERE request = ${requestId}`))[0];
  if (row === undefined) return undefined;
  const ids = String(row[0]).split(" ").map(Number);
  const found = ids.map((id) => commit.slice.attempts.get(id) ?? commit.world.live.attempts.get(id));
  return found.filter((attempt) => attempt?.status === "sent").map((attempt) => attempt!);
}

/** Chooses the most urgent attempts of the queue that fit the offer. With `packSec` short jobs are taken until their
 * expected times fill it, whatever number was asked for. */
export function chooseAttempts({ world }: Commit, queueId: number, offer: PilotOffer): Attempt[] {
  const { memoryMb, cores, wallSec, taskId, packSec = 0, count } = offer;
  let number = 0;
  let packedSec = 0;
  return world.live.backlog(queueId).take(
    (id) => world.live.attempts.get(id),
    (attempt) => {
      const packs = packedSec < packSec && number < count + MAX_PACK;
      if (number >= count && !packs) return undefined;
      if (memoryMb !== undefined && attempt.memoryMb > memoryMb) return false;
      if (cores !== undefined && attempt.cores > cores) return false;
      if (wallSec !== undefined && attempt.wallSec > wallSec) return false;
      const job = world.live.jobs.get(attempt.jobId)!;
      if (taskId !== undefined && job.taskId !== taskId) return false;
      if (packSec > 0) {
        const { label } = world.tasks.get(job.taskId)!.spec;
        // Of a label that was never seen nothing is known: it fills the pack alone.
        const expectedSec = typicalWallSec(world.learned.get(label)) ?? packSec;
        if (number >= count && packedSec + expectedSec > packSec) return false;
        packedSec += expectedSec;
      }
      number++;
      return true;
    },
  );
}

/** Moves attempts to `sent`, each to the worker that is to have it. */
export async function dispatch(
  commit: Commit,
  attempts: readonly { readonly attempt: Attempt; readonly worker: string }[],
): Promise<void> {
  const { nowMs, slice } = commit;
  for (const { attempt } of attempts) slice.attempts.set(attempt.id, attempt);
  await commit.tell(
    attempts.map(({ attempt, worker }): Message => {
      return { to: "attempt", id: attempt.id, event: { kind: "dispatch", nowMs, worker } };
    }),
  );
}

/** What pilots are told of attempts, by attempt id. */
export async function describeOrders(
  { db, world, slice }: Commit,
  attempts: readonly Attempt[],
): Promise<ReadonlyMap<number, JobOrder>> {
  const orders = new Map<number, JobOrder>();
  if (attempts.length === 0) return orders;
  const rows = await selectByIds(
    db,
    rawSql("SELECT id, name, payload FROM job_detail WHERE id"),
    attempts.map(({ jobId }) => jobId),
  );
  const details = new Map(rows.map(([id, name, payload]) => [Number(id), { name: String(name), payload }]));
  for (const attempt of attempts) {
    const job = slice.jobs.get(attempt.jobId) ?? world.live.jobs.get(attempt.jobId);
    invariant(job !== undefined, `attempt ${attempt.id} has no job`);
    const task = world.tasks.get(job.taskId)!;
    const { name, payload } = details.get(job.id)!;
    orders.set(attempt.id, {
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
    });
  }
  return orders;
}
