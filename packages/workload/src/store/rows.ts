import type { Row, SqlValue } from "@almagest/database";
import type { Attempt, AttemptStatus, Failure } from "../core/attempt-state.ts";
import type { Job, JobStatus } from "../core/job-state.ts";
import type { LogEntry } from "../core/slice.ts";
import type { Columns } from "./bulk-sql.ts";

/** Columns of the job table, in the order of the functions below. */
export const JOB_COLUMNS = {
  id: "bigint",
  task_id: "bigint",
  status: "text",
  waiting: "integer",
  failures: "integer",
  tries: "integer",
  class_id: "bigint",
  priority: "integer",
  attempt_id: "bigint",
  spare_id: "bigint",
} as const satisfies Columns;

/** The same as text for a SELECT. */
export const JOB_NAMES = Object.keys(JOB_COLUMNS).join(", ");

/** A job as a row. */
export function toJobRow(job: Job): SqlValue[] {
  const { id, taskId, status, waiting, failures, tries, classId, priority, attemptId, spareId } = job;
  return [id, taskId, status, waiting, failures, tries, classId, priority, attemptId, spareId];
}

/** A row as a job. */
export function fromJobRow(row: Row): Job {
  return {
    id: Number(row[0]),
    taskId: Number(row[1]),
    status: row[2] as JobStatus,
    waiting: Number(row[3]),
    failures: Number(row[4]),
    tries: Number(row[5]),
    classId: Number(row[6]),
    priority: Number(row[7]),
    attemptId: Number(row[8]),
    spareId: Number(row[9]),
  };
}

/** Columns of the attempt tables, in the order of the functions below. */
export const ATTEMPT_COLUMNS = {
  id: "bigint",
  job_id: "bigint",
  created_ms: "bigint",
  changed_ms: "bigint",
  heartbeat_ms: "bigint",
  start_ms: "bigint",
  end_ms: "bigint",
  max_memory_kb: "bigint",
  cpu_sec: "double precision",
  nr: "integer",
  queue_id: "integer",
  priority: "integer",
  memory_mb: "integer",
  wall_sec: "integer",
  cores: "integer",
  hold_outputs: "integer",
  code: "integer",
  exit_code: "integer",
  status: "text",
  worker: "text",
  batch_id: "text",
  source: "text",
  diag: "text",
} as const satisfies Columns;

/** The same as text for a SELECT. */
export const ATTEMPT_NAMES = Object.keys(ATTEMPT_COLUMNS).join(", ");

/** What of an attempt can change while it lives. */
export const LIVE_COLUMNS = {
  id: "bigint",
  changed_ms: "bigint",
  heartbeat_ms: "bigint",
  start_ms: "bigint",
  max_memory_kb: "bigint",
  cpu_sec: "double precision",
  exit_code: "integer",
  status: "text",
  worker: "text",
  batch_id: "text",
} as const satisfies Columns;

/** A live attempt's changing part as a row. */
export function toLiveRow(attempt: Attempt): SqlValue[] {
  const { id, changedMs, heartbeatMs, startMs, maxMemoryKb, cpuSec, exitCode, status, worker, batchId } =
    attempt;
  const memory = Math.round(maxMemoryKb);
  return [id, changedMs, heartbeatMs, startMs, memory, cpuSec, exitCode ?? null, status, worker, batchId];
}

/** An attempt as a row. */
export function toAttemptRow(attempt: Attempt): SqlValue[] {
  const { failure } = attempt;
  return [
    attempt.id,
    attempt.jobId,
    attempt.createdMs,
    attempt.changedMs,
    attempt.heartbeatMs,
    attempt.startMs,
    attempt.endMs,
    Math.round(attempt.maxMemoryKb),
    attempt.cpuSec,
    attempt.nr,
    attempt.queueId,
    attempt.priority,
    attempt.memoryMb,
    attempt.wallSec,
    attempt.cores,
    attempt.holdOutputs ? 1 : 0,
    failure?.code ?? null,
    attempt.exitCode ?? null,
    attempt.status,
    attempt.worker,
    attempt.batchId,
    failure?.source ?? null,
    failure?.text ?? null,
  ];
}

/** A row as an attempt. */
export function fromAttemptRow(row: Row): Attempt {
  const failure: Failure | undefined =
    row[21] === null
      ? undefined
      : { source: row[21] as Failure["source"], code: Number(row[16]), text: String(row[22]) };
  return {
    id: Number(row[0]),
    jobId: Number(row[1]),
    createdMs: Number(row[2]),
    changedMs: Number(row[3]),
    heartbeatMs: Number(row[4]),
    startMs: Number(row[5]),
    endMs: Number(row[6]),
    maxMemoryKb: Number(row[7]),
    cpuSec: Number(row[8]),
    nr: Number(row[9]),
    queueId: Number(row[10]),
    priority: Number(row[11]),
    memoryMb: Number(row[12]),
    wallSec: Number(row[13]),
    cores: Number(row[14]),
    holdOutputs: Number(row[15]) === 1,
    failure,
    exitCode: row[17] === null ? undefined : Number(row[17]),
    status: row[18] as AttemptStatus,
    worker: String(row[19]),
    batchId: String(row[20]),
  };
}

/** Columns of the event log. */
export const EVENT_COLUMNS = {
  seq: "bigint",
  time_ms: "bigint",
  id: "bigint",
  job_id: "bigint",
  subject: "text",
  what: "text",
  detail: "text",
} as const satisfies Columns;

/** A line of the log as a row. */
export function toEventRow(seq: number, { timeMs, id, jobId, subject, what, detail }: LogEntry): SqlValue[] {
  return [seq, timeMs, id, jobId, subject, what, detail ?? null];
}
