import type { Database } from "@almagest/database";
import { rawSql, sql } from "@almagest/database";
import { type Attempt, isAttemptOver } from "../core/attempt-state.ts";
import type { Job } from "../core/job-state.ts";
import type { Slice } from "../core/slice.ts";
import { Backlog } from "./backlog.ts";
import { ATTEMPT_NAMES, fromAttemptRow, fromJobRow, JOB_NAMES } from "./rows.ts";

/**
 * The attempts that have not ended and their jobs, in memory: as many as run and wait at queues, however many a workflow
 * has. Every change to them is written in the commit that makes it, so this is a copy of the database and never ahead of
 * it outside a commit.
 */
export class LiveRows {
  readonly attempts = new Map<number, Attempt>();
  readonly jobs = new Map<number, Job>();
  readonly #backlogs = new Map<number, Backlog>();

  /** What waits at a queue. */
  backlog(queueId: number): Backlog {
    let backlog = this.#backlogs.get(queueId);
    if (backlog === undefined) this.#backlogs.set(queueId, (backlog = new Backlog()));
    return backlog;
  }

  putAttempt(attempt: Attempt): void {
    if (isAttemptOver(attempt)) {
      this.attempts.delete(attempt.id);
      return;
    }
    if (attempt.status === "activated" && this.attempts.get(attempt.id)?.status !== "activated") {
      this.backlog(attempt.queueId).add(attempt);
    }
    this.attempts.set(attempt.id, attempt);
  }

  putJob(job: Job): void {
    if (job.status === "active") this.jobs.set(job.id, job);
    else this.jobs.delete(job.id);
  }

  /** Takes over what the slice changed since the last time. */
  follow(slice: Slice): void {
    for (const id of slice.freshAttempts) this.putAttempt(slice.attempts.get(id)!);
    for (const id of slice.freshJobs) this.putJob(slice.jobs.get(id)!);
    slice.freshAttempts.clear();
    slice.freshJobs.clear();
  }
}

/** Reads all live attempts and their jobs. */
export async function loadLiveRows(db: Database): Promise<LiveRows> {
  const live = new LiveRows();
  const attempts = await db.rows(sql`SELECT ${rawSql(ATTEMPT_NAMES)} FROM attempt ORDER BY id`);
  for (const row of attempts) live.putAttempt(fromAttemptRow(row));
  const jobs = await db.rows(
    sql`SELECT ${rawSql(JOB_NAMES)} FROM job WHERE id IN (SELECT job_id FROM attempt)`,
  );
  for (const row of jobs) live.putJob(fromJobRow(row));
  return live;
}
