import { type Database, sql } from "@almagest/database";
import type { JobStatus } from "../core/job-state.ts";

/** A job as one line. */
export interface JobLine {
  readonly id: number;
  readonly taskId: number;
  readonly name: string;
  readonly status: JobStatus;
  readonly tries: number;
}

/** Which jobs are asked for. */
export interface JobFilter {
  readonly taskId: number;
  readonly status?: JobStatus;
  /** Only ids above it, for the next page. */
  readonly after?: number;
  readonly limit?: number;
}

/** A task's jobs by id. */
export async function listJobs(db: Database, filter: JobFilter): Promise<JobLine[]> {
  const { taskId, status, after = 0, limit = 1000 } = filter;
  const andStatus = status === undefined ? sql`` : sql`AND job.status = ${status}`;
  const rows = await db.rows(sql`SELECT job.id, job.task_id, job_detail.name, job.status, job.tries FROM job
    JOIN job_detail ON job_detail.id = job.id
    WHERE job.task_id = ${taskId} ${andStatus} AND job.id > ${after} ORDER BY job.id LIMIT ${limit}`);
  return rows.map(([id, task, name, state, tries]) => ({
    id: Number(id),
    taskId: Number(task),
    name: String(name),
    status: state as JobStatus,
    tries: Number(tries),
  }));
}

/** The task and workflow of a job's ids; undefined when there is none. */
export async function taskOfJob(db: Database, jobId: number): Promise<number | undefined> {
  const row = (await db.rows(sql`SELECT task_id FROM job WHERE id = ${jobId}`))[0];
  return row === undefined ? undefined : Number(row[0]);
}

/** Ids of jobs by name, newest first. */
export async function findJobs(db: Database, name: string): Promise<number[]> {
  const rows = await db.rows(sql`SELECT id FROM job_detail WHERE name = ${name} ORDER BY id DESC LIMIT 100`);
  return rows.map(([id]) => Number(id));
}
