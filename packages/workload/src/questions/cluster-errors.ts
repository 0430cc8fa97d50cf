import { type Database, joinSql, sql } from "@almagest/database";
import type { World } from "../manager/world.ts";

/** Failures that look the same. */
export interface ErrorCluster {
  readonly label: string;
  /** `component:code`, as PanDA's monitor keys errors. */
  readonly error: string;
  /** The text with what differs from job to job (numbers, times, paths, ids) replaced by `…`. */
  readonly text: string;
  readonly attempts: number;
  /** Jobs of it that have failed for good. */
  readonly failedJobs: number;
  readonly queues: readonly string[];
  /** One of them, to look at. */
  readonly exampleJob: number;
  readonly exampleText: string;
}

/** Replaces what differs between failures of one kind. Long tails are cut. */
export function normaliseFailure(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?Z?/g, "…")
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "…")
    .replace(/(?:\/[\w.+@=-]+){2,}\/?/g, "…")
    .replace(/\b0x[0-9a-f]+\b/gi, "…")
    .replace(/\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi, "…")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 200);
}

/** What failed, by label, error and normalised text, the most frequent first; of one workflow or of all. */
export async function clusterErrors(
  db: Database,
  world: World,
  { workflowId, limit = 50 }: { readonly workflowId?: number; readonly limit?: number } = {},
): Promise<ErrorCluster[]> {
  const tasks = [...world.tasks.values()].filter(
    (task) => workflowId === undefined || task.workflowId === workflowId,
  );
  if (tasks.length === 0) return [];
  const rows =
    await db.rows(sql`SELECT job.task_id, attempt.source, attempt.code, attempt.diag, attempt.queue_id,
      count(*), sum(CASE WHEN job.status = 'failed' THEN 1 ELSE 0 END), max(job.id)
    FROM every_attempt AS attempt JOIN job ON job.id = attempt.job_id
    WHERE attempt.source IS NOT NULL AND job.task_id IN (${joinSql(tasks.map(({ id }) => id))})
    GROUP BY job.task_id, attempt.source, attempt.code, attempt.diag, attempt.queue_id`);
  const labels = new Map(tasks.map(({ id, spec }) => [id, spec.label]));
  const clusters = new Map<string, ErrorCluster>();
  for (const [task, source, code, diag, queue, count, failed, job] of rows) {
    const label = labels.get(Number(task))!;
    const error = `${source}:${code}`;
    const text = normaliseFailure(String(diag));
    const key = `${label}\0${error}\0${text}`;
    const before = clusters.get(key);
    const queueName = world.queues.get(Number(queue))?.name ?? "?";
    clusters.set(key, {
      label,
      error,
      text,
      attempts: (before?.attempts ?? 0) + Number(count),
      failedJobs: (before?.failedJobs ?? 0) + Number(failed),
      queues: [...new Set([...(before?.queues ?? []), queueName])].sort(),
      exampleJob: before?.exampleJob ?? Number(job),
      exampleText: before?.exampleText ?? String(diag),
    });
  }
  return [...clusters.values()]
    .sort((a, b) => b.attempts - a.attempts || a.exampleJob - b.exampleJob)
    .slice(0, limit);
}
