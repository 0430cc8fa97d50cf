import { AlmagestError } from "@almagest/base";
import { type Sql, sql } from "@almagest/database";
import type { Message } from "../core/settle.ts";
import type { CommitQueue } from "./commit-queue.ts";

/** Jobs per commit when very many are cancelled or retried. */
const CHUNK = 2000;

/** What an operator may say to a task. */
export type TaskCommand = "pause" | "resume" | "kill" | "finish" | "retry";

/** Carries out a command on a task; throws `WORKLOAD.NOT_FOUND`. A kill stops brokerage at once and then cancels job by
 * job in small commits; it goes on after a restart. */
export async function controlTask(queue: CommitQueue, taskId: number, command: TaskCommand): Promise<void> {
  if (!queue.world.tasks.has(taskId)) {
    throw new AlmagestError("WORKLOAD.NOT_FOUND", `There is no task ${taskId}.`, { fields: { taskId } });
  }
  if (command === "retry") {
    const failed = sql`task_id = ${taskId} AND status = 'failed'`;
    return inChunks(queue, failed, (id) => ({ to: "job", id, event: { kind: "retry" } }));
  }
  await queue.submit(async (commit) => {
    commit.stepTask(taskId, { kind: command });
  });
  if (command === "kill" || command === "finish") await cancelJobs(queue, taskId);
}

/** Cancels what an aborting or finishing task has still open. */
export async function cancelJobs(queue: CommitQueue, taskId: number): Promise<void> {
  const status = queue.world.tasks.get(taskId)?.state.status;
  if (status !== "aborting" && status !== "finishing") return;
  const open =
    status === "aborting"
      ? sql`task_id = ${taskId} AND status IN ('waiting', 'ready', 'active')`
      : sql`task_id = ${taskId} AND status IN ('waiting', 'ready')`;
  await inChunks(queue, open, (id) => ({ to: "job", id, event: { kind: "cancel" } }));
}

async function inChunks(queue: CommitQueue, where: Sql, message: (jobId: number) => Message): Promise<void> {
  for (let last = 0, more = true; more; ) {
    more = await queue.submit(async (commit) => {
      await commit.flush();
      const rows = await commit.db.rows(
        sql`SELECT id FROM job WHERE ${where} AND id > ${last} ORDER BY id LIMIT ${CHUNK}`,
      );
      await commit.tell(rows.map(([id]) => message(Number(id))));
      last = Number(rows.at(-1)?.[0] ?? 0);
      return rows.length === CHUNK;
    });
  }
}

/** Takes back what waits at a queue that is not online any more, so that it is brokered anew. Gives the number. */
export async function returnActivated(queue: CommitQueue, queueId: number): Promise<number> {
  let returned = 0;
  for (let more = true; more; ) {
    more = await queue.submit(async (commit) => {
      const waiting = [...commit.world.live.attempts.values()]
        .filter((attempt) => attempt.queueId === queueId && attempt.status === "activated")
        .slice(0, CHUNK);
      const event = { kind: "close", nowMs: commit.nowMs } as const;
      await commit.tell(waiting.map(({ id }): Message => ({ to: "attempt", id, event })));
      returned += waiting.length;
      return waiting.length === CHUNK;
    });
  }
  return returned;
}
