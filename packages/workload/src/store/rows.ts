import type { Row, SqlValue } from "@almagest/database";
import type { Attempt, AttemptStatus, Failure } from "../core/attempt-state.ts";
import type { Job, JobStatus } from "../core/job-state.ts";

/** Columns of the job table, in the order of the functions below. */
export const JOB_COLUMNS = [
  "id",
  "task_id",
  "status",
  "waiting",
  "failures",
  "tries",
  "class_id",
  "priority",
  "attempt_id",
] as const;

/** A job as a row. */
export function toJobRow(job: Job): SqlValue[] {
  const { id, taskId, status, waiting, failures, tries, classId, priority, attemptId } = job;
  return [id, taskId, status, waiting, failures, tries, classId, priority, attemptId];
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
  };
}

/** Columns of the attempt table, in the order of the functions below. */
export const ATTEMPT_COLUMNS = [
  "id",
  "job_id",
  "nr",
  "status",
  "queue_id",
  "priority",
  "memory_mb",
  "wall_sec",
  "cores",
  "hold_outputs",
  "worker",
  "batch_id",
  "created_ms",
  "changed_ms",
  "heartbeat_ms",
  "start_ms",
  "end_ms",
  "source",
  "code",
  "diag",
  "exit_code",
  "max_memory_kb",
  "cpu_sec",
] as const;

/** An attempt as a row. */
export function toAttemptRow(attempt: Attempt): SqlValue[] {
  return [
    attempt.id,
    attempt.jobId,
    attempt.nr,
    attempt.status,
    attempt.queueId,
    attempt.priority,
    attempt.memoryMb,
    attempt.wallSec,
    attempt.cores,
    attempt.holdOutputs ? 1 : 0,
    attempt.worker,
    attempt.batchId,
    attempt.createdMs,
    attempt.changedMs,
    attempt.heartbeatMs,
    attempt.startMs,
    attempt.endMs,
    attempt.failure?.source ?? null,
    attempt.failure?.code ?? null,
    attempt.failure?.text ?? null,
    attempt.exitCode ?? null,
    attempt.maxMemoryKb,
    attempt.cpuSec,
  ];
}

/** A row as an attempt. */
export function fromAttemptRow(row: Row): Attempt {
  const failure: Failure | undefined =
    row[17] === null
      ? undefined
      : { source: row[17] as Failure["source"], code: Number(row[18]), text: String(row[19]) };
  return {
    id: Number(row[0]),
    jobId: Number(row[1]),
    nr: Number(row[2]),
    status: row[3] as AttemptStatus,
    queueId: Number(row[4]),
    priority: Number(row[5]),
    memoryMb: Number(row[6]),
    wallSec: Number(row[7]),
    cores: Number(row[8]),
    holdOutputs: Number(row[9]) === 1,
    worker: String(row[10]),
    batchId: String(row[11]),
    createdMs: Number(row[12]),
    changedMs: Number(row[13]),
    heartbeatMs: Number(row[14]),
    startMs: Number(row[15]),
    endMs: Number(row[16]),
    failure,
    exitCode: row[20] === null ? undefined : Number(row[20]),
    maxMemoryKb: Number(row[21]),
    cpuSec: Number(row[22]),
  };
}
