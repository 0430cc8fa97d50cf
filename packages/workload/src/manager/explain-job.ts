import { AlmagestError } from "@almagest/base";
import { type Database, sql } from "@almagest/database";
import type { AttemptStatus } from "../core/attempt-state.ts";
import type { JobStatus } from "../core/job-state.ts";
import { isTaskOpen, roomForScouts } from "../core/task-state.ts";
import { wantsJobs } from "../scheduling/choose-queue.ts";
import { refuseQueue } from "../scheduling/refuse-queue.ts";
import { effectiveRequest, roomOfTask } from "./broker-jobs.ts";
import type { World } from "./world.ts";

/** One attempt in short. */
export interface AttemptSummary {
  readonly id: number;
  readonly nr: number;
  readonly status: AttemptStatus;
  readonly queue: string;
  readonly worker: string;
  readonly memoryMb: number;
  readonly maxMemoryKb: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly failure: string | undefined;
}

/** Why a job is where it is. */
export interface JobExplanation {
  readonly jobId: number;
  readonly name: string;
  readonly label: string;
  readonly status: JobStatus;
  /** Sentences, the most telling first. */
  readonly reasons: readonly string[];
  readonly attempts: readonly AttemptSummary[];
}

/** Answers "why is it not running?" for a job; throws `WORKLOAD.NOT_FOUND`. */
export async function explainJob(db: Database, world: World, jobId: number): Promise<JobExplanation> {
  const row = (
    await db.rows(sql`SELECT job.task_id, job.status, job.class_id, job.waiting, job_detail.name FROM job
      JOIN job_detail ON job_detail.id = job.id WHERE job.id = ${jobId}`)
  )[0];
  if (row === undefined) {
    throw new AlmagestError("WORKLOAD.NOT_FOUND", `There is no job ${jobId}.`, { fields: { jobId } });
  }
  const status = row[1] as JobStatus;
  const task = world.tasks.get(Number(row[0]))!;
  const attempts = await listAttempts(db, world, jobId);
  const reasons: string[] = [];
  if (status === "waiting") reasons.push(...(await unsatisfiedParents(db, jobId, Number(row[3]))));
  if (status === "ready") reasons.push(...whyReady(world, Number(row[2])));
  if (status === "pruned") reasons.push(...(await lostParents(db, jobId)));
  const last = attempts.at(-1);
  if (status === "active" && last !== undefined) {
    reasons.push(
      last.status === "activated"
        ? `waits at queue ${last.queue} for a pilot to take it`
        : `attempt ${last.nr} is ${last.status} at ${last.queue} on ${last.worker}`,
    );
  }
  if (last?.failure !== undefined) reasons.push(`attempt ${last.nr} failed: ${last.failure}`);
  return { jobId, name: String(row[4]), label: task.spec.label, status, reasons, attempts };
}

async function listAttempts(db: Database, world: World, jobId: number): Promise<AttemptSummary[]> {
  const rows =
    await db.rows(sql`SELECT id, nr, status, queue_id, worker, memory_mb, max_memory_kb, start_ms, end_ms,
    source, code, diag FROM every_attempt WHERE job_id = ${jobId} ORDER BY nr`);
  return rows.map((row) => ({
    id: Number(row[0]),
    nr: Number(row[1]),
    status: row[2] as AttemptStatus,
    queue: world.queues.get(Number(row[3]))?.name ?? "?",
    worker: String(row[4]),
    memoryMb: Number(row[5]),
    maxMemoryKb: Number(row[6]),
    startMs: Number(row[7]),
    endMs: Number(row[8]),
    failure: row[9] === null ? undefined : `${row[9]}:${row[10]} ${row[11]}`,
  }));
}

async function unsatisfiedParents(db: Database, jobId: number, waiting: number): Promise<string[]> {
  const rows = await db.rows(sql`SELECT job_detail.name, job.status FROM edge JOIN job ON job.id = edge.parent
    JOIN job_detail ON job_detail.id = edge.parent WHERE edge.child = ${jobId} AND job.status <> 'finished'
    ORDER BY edge.parent LIMIT 10`);
  const names = rows.map(([name, status]) => `${name} (${status})`).join(", ");
  return [
    `waits for ${waiting} parent${waiting === 1 ? "" : "s"}: ${names}${waiting > rows.length ? ", …" : ""}`,
  ];
}

async function lostParents(db: Database, jobId: number): Promise<string[]> {
  const rows =
    await db.rows(sql`WITH RECURSIVE above (id) AS (SELECT ${jobId} UNION SELECT edge.parent FROM edge
    JOIN above ON edge.child = above.id JOIN job ON job.id = edge.parent
    WHERE edge.kind = 'success' AND job.status IN ('failed', 'pruned', 'cancelled'))
    SELECT job_detail.name, job.status FROM above JOIN job ON job.id = above.id
    JOIN job_detail ON job_detail.id = above.id WHERE job.status IN ('failed', 'cancelled') ORDER BY above.id LIMIT 10`);
  return rows.map(
    ([name, status]) => `will not run because ${name} ${status === "failed" ? "failed" : "was cancelled"}`,
  );
}

function whyReady(world: World, classId: number): string[] {
  const entry = world.classes.get(classId)!;
  const task = world.tasks.get(entry.taskId)!;
  const { state } = task;
  if (!isTaskOpen(state.status)) return [`its task is ${state.status}`];
  if (roomForScouts(state) === 0) return ["its task still waits for its scouts"];
  if (roomOfTask(task) === 0) {
    return [`its task may have ${task.spec.maxActive} jobs active at once, and has`];
  }
  if (world.queues.size === 0) return ["no queue is defined"];
  const request = effectiveRequest({ world }, entry);
  return Array.from(world.queues.values(), (queue) => {
    const refusal = refuseQueue(request, queue);
    if (refusal !== undefined) return `queue ${queue.name} refuses it: ${refusal.text}`;
    const load = world.loads.get(queue.id)!;
    return wantsJobs([{ queue, ...load }], world.ready.get(classId) ?? 1)
      ? `queue ${queue.name} fits and has room; it is assigned with the next commit`
      : `queue ${queue.name} fits but is full: ${load.activated} wait there, ${load.running} run`;
  });
}
