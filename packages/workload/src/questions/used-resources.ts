import { type Database, sql } from "@almagest/database";

/** What the ended attempts of one task used. */
export interface UsedResources {
  readonly taskId: number;
  readonly finished: number;
  /** Attempts that ended otherwise: failed, killed, raced in vain. */
  readonly lost: number;
  /** Core-seconds held by finished attempts, and by those that were lost. */
  readonly coreSec: number;
  readonly lostCoreSec: number;
  /** Processor seconds that finished attempts measured. */
  readonly cpuSec: number;
  readonly meanWallSec: number;
  readonly maxWallSec: number;
  /** Of finished attempts that measured memory; 0 when none did. */
  readonly meanMemoryMb: number;
  readonly maxMemoryMb: number;
  /** Mean of what was asked for. */
  readonly meanRequestMb: number;
}

/** Sums over the ended attempts of a workflow, by task. */
export async function usedResources(db: Database, workflowId: number): Promise<UsedResources[]> {
  const found = await db.rows(sql`SELECT first_job, job_count FROM workflow WHERE id = ${workflowId}`);
  const [firstJob, jobCount] = (found[0] ?? [0, 0]).map(Number) as [number, number];
  const rows = await db.rows(sql`SELECT task_id,
      sum(CASE WHEN past.status = 'finished' THEN 1 ELSE 0 END),
      sum(CASE WHEN past.status = 'finished' THEN 0 ELSE 1 END),
      sum(CASE WHEN past.status = 'finished' AND start_ms > 0 THEN cores * (end_ms - start_ms) ELSE 0 END),
      sum(CASE WHEN past.status <> 'finished' AND start_ms > 0 THEN cores * (end_ms - start_ms) ELSE 0 END),
      sum(CASE WHEN past.status = 'finished' THEN cpu_sec ELSE 0 END),
      avg(CASE WHEN past.status = 'finished' AND start_ms > 0 THEN end_ms - start_ms END),
      max(CASE WHEN past.status = 'finished' AND start_ms > 0 THEN end_ms - start_ms END),
      avg(CASE WHEN past.status = 'finished' AND max_memory_kb > 0 THEN max_memory_kb END),
      max(CASE WHEN past.status = 'finished' THEN max_memory_kb END),
      avg(memory_mb)
    FROM past_attempt AS past JOIN job ON job.id = past.job_id
    WHERE job_id >= ${firstJob} AND job_id < ${firstJob + jobCount} GROUP BY task_id ORDER BY task_id`);
  return rows.map((row) => {
    const [
      taskId,
      finished,
      lost,
      coreMs,
      lostCoreMs,
      cpuSec,
      meanWallMs,
      maxWallMs,
      meanKb,
      maxKb,
      meanRequestMb,
    ] = row.map((value) => Number(value ?? 0));
    return {
      taskId: taskId!,
      finished: finished!,
      lost: lost!,
      coreSec: coreMs! / 1000,
      lostCoreSec: lostCoreMs! / 1000,
      cpuSec: cpuSec!,
      meanWallSec: meanWallMs! / 1000,
      maxWallSec: maxWallMs! / 1000,
      meanMemoryMb: meanKb! / 1000,
      maxMemoryMb: maxKb! / 1000,
      meanRequestMb: meanRequestMb!,
    };
  });
}
