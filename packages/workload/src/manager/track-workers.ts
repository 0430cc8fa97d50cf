import { AlmagestError } from "@almagest/base";
import { type Database, type Row, type SqlValue, sql } from "@almagest/database";
import { stepWorker, type Worker, type WorkerStatus } from "../core/worker-state.ts";
import type { Commit } from "./commit.ts";

const COLUMNS = ["id", "harvester", "queue_id", "batch_id", "status", "created_ms", "changed_ms", "text"];

function toRow(worker: Worker): SqlValue[] {
  const { id, harvester, queueId, batchId, status, createdMs, changedMs, text } = worker;
  return [id, harvester, queueId, batchId, status, createdMs, changedMs, text];
}

function fromRow(row: Row): Worker {
  return {
    id: Number(row[0]),
    harvester: String(row[1]),
    queueId: Number(row[2]),
    batchId: String(row[3]),
    status: row[4] as WorkerStatus,
    createdMs: Number(row[5]),
    changedMs: Number(row[6]),
    text: String(row[7]),
  };
}

/** New workers in `pending`, written before the batch system is asked, so that none is ever unknown. */
export async function addWorkers(
  commit: Commit,
  harvester: string,
  queueName: string,
  count: number,
): Promise<readonly Worker[]> {
  const queue = [...commit.world.queues.values()].find(({ name }) => name === queueName);
  if (queue === undefined) {
    throw new AlmagestError("WORKLOAD.QUEUE_UNKNOWN", `There is no queue ${queueName}.`, {
      fields: { queueName },
    });
  }
  const { nowMs } = commit;
  const workers = Array.from({ length: count }, (): Worker => {
    const id = commit.world.next.worker++;
    return {
      id,
      harvester,
      queueId: queue.id,
      batchId: "",
      status: "pending",
      createdMs: nowMs,
      changedMs: nowMs,
      text: "",
    };
  });
  await commit.db.insertMany("worker", COLUMNS, workers.map(toRow));
  for (const { id } of workers) commit.log("w", id, "pending");
  return workers;
}

/** One step of a worker by what its batch system or its pilot says. */
export async function seeWorker(
  commit: Commit,
  id: number,
  status: WorkerStatus,
  text: string,
  batchId: string,
): Promise<void> {
  const row = (
    await commit.db.rows(sql`SELECT id, harvester, queue_id, batch_id, status, created_ms, changed_ms, text
      FROM worker WHERE id = ${id}`)
  )[0];
  if (row === undefined) return;
  const { nowMs } = commit;
  const before = fromRow(row);
  const after = stepWorker(
    before,
    status === "submitted" && batchId !== ""
      ? { kind: "submitted", batchId, nowMs }
      : { kind: "seen", status, text, nowMs },
  );
  if (after === before) return;
  await commit.db.insertMany("worker", COLUMNS, [toRow(after)], { onConflict: { replaceBy: ["id"] } });
  if (after.status !== before.status) commit.log("w", id, after.status, after.text || undefined);
}

/** A harvester's workers that have not ended, oldest first. */
export async function openWorkers(db: Database, harvester: string): Promise<readonly Worker[]> {
  const rows =
    await db.rows(sql`SELECT id, harvester, queue_id, batch_id, status, created_ms, changed_ms, text
    FROM worker WHERE harvester = ${harvester} AND status IN ('pending', 'submitted', 'running', 'idle') ORDER BY id`);
  return rows.map(fromRow);
}
