import { type Database, type Row, sql } from "@almagest/database";
import type { AttemptStatus } from "../core/attempt-state.ts";

/** An attempt (PanDA's job) as one line. */
export interface AttemptLine {
  readonly id: number;
  readonly jobId: number;
  readonly taskId: number;
  readonly name: string;
  readonly nr: number;
  readonly status: AttemptStatus;
  readonly queueId: number;
  readonly createdMs: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly cores: number;
  readonly memoryMb: number;
  readonly exitCode: number | undefined;
  readonly source: string | undefined;
  readonly code: number | undefined;
  readonly diag: string | undefined;
}

const SELECT = sql`SELECT a.id, a.job_id, job.task_id, job_detail.name, a.nr, a.status, a.queue_id, a.created_ms, a.start_ms,
  a.end_ms, a.cores, a.memory_mb, a.exit_code, a.source, a.code, a.diag
  FROM every_attempt AS a JOIN job ON job.id = a.job_id JOIN job_detail ON job_detail.id = a.job_id`;

function fromRow(row: Row): AttemptLine {
  const optional = (value: unknown): number | undefined => (value === null ? undefined : Number(value));
  const text = (value: unknown): string | undefined => (value === null ? undefined : String(value));
  const [
    id,
    jobId,
    taskId,
    name,
    nr,
    status,
    queueId,
    createdMs,
    startMs,
    endMs,
    cores,
    memoryMb,
    exit,
    source,
    code,
    diag,
  ] = row;
  return {
    id: Number(id),
    jobId: Number(jobId),
    taskId: Number(taskId),
    name: String(name),
    nr: Number(nr),
    status: status as AttemptStatus,
    queueId: Number(queueId),
    createdMs: Number(createdMs),
    startMs: Number(startMs),
    endMs: Number(endMs),
    cores: Number(cores),
    memoryMb: Number(memoryMb),
    exitCode: optional(exit),
    source: text(source),
    code: optional(code),
    diag: text(diag),
  };
}

/** All attempts of a task's jobs, by id. */
export async function listAttempts(db: Database, taskId: number, limit = 10_000): Promise<AttemptLine[]> {
  return (await db.rows(sql`${SELECT} WHERE job.task_id = ${taskId} ORDER BY a.id LIMIT ${limit}`)).map(
    fromRow,
  );
}

/** Attempts by id, in its order; undefined where there is none. */
export async function findAttempts(
  db: Database,
  ids: readonly number[],
): Promise<(AttemptLine | undefined)[]> {
  const found = new Map<number, AttemptLine>();
  for (const id of ids) {
    const row = (await db.rows(sql`${SELECT} WHERE a.id = ${id}`))[0];
    if (row !== undefined) found.set(id, fromRow(row));
  }
  return ids.map((id) => found.get(id));
}

/** The last attempt of each job of a task that has failed for good. */
export async function listFailedAttempts(db: Database, taskId: number): Promise<AttemptLine[]> {
  const rows =
    await db.rows(sql`${SELECT} WHERE job.task_id = ${taskId} AND job.status = 'failed' AND a.nr = job.tries
    ORDER BY a.id LIMIT 100000`);
  return rows.map(fromRow);
}
