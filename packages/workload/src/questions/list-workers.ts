import { type Database, sql } from "@almagest/database";
import type { WorkerStatus } from "../core/worker-state.ts";
import type { World } from "../manager/world.ts";

/** A pilot's worker as one line. */
export interface WorkerLine {
  readonly id: number;
  readonly harvester: string;
  readonly queue: string;
  readonly batchId: string;
  readonly status: WorkerStatus;
  readonly createdMs: number;
  readonly changedMs: number;
  readonly text: string;
}

/** Workers, newest first: those not yet ended, or with `all` every one, or that of an id. */
export async function listWorkers(
  db: Database,
  world: World,
  {
    all = false,
    limit = 1000,
    id: wanted,
  }: { readonly all?: boolean; readonly limit?: number; readonly id?: number } = {},
): Promise<WorkerLine[]> {
  const where =
    wanted !== undefined
      ? sql`WHERE id = ${wanted}`
      : all
        ? sql``
        : sql`WHERE status IN ('pending', 'submitted', 'running', 'idle')`;
  const rows =
    await db.rows(sql`SELECT id, harvester, queue_id, batch_id, status, created_ms, changed_ms, text
    FROM worker ${where} ORDER BY id DESC LIMIT ${limit}`);
  return rows.map(([id, harvester, queue, batchId, status, createdMs, changedMs, text]) => ({
    id: Number(id),
    harvester: String(harvester),
    queue: world.queues.get(Number(queue))?.name ?? "?",
    batchId: String(batchId),
    status: status as WorkerStatus,
    createdMs: Number(createdMs),
    changedMs: Number(changedMs),
    text: String(text),
  }));
}
