import { AlmagestError } from "@almagest/base";
import { type Database, sql } from "@almagest/database";
import type { TaskState } from "../core/task-state.ts";
import type { World } from "./world.ts";

/** A workflow's state at a glance. */
export interface WorkflowStatus {
  readonly workflowId: number;
  readonly name: string;
  readonly owner: string;
  /** `accepting` while jobs still arrive, then `open`, and `done` when every task has ended. */
  readonly status: "accepting" | "open" | "done";
  readonly tasks: readonly { readonly id: number; readonly label: string; readonly state: TaskState }[];
}

/** Reads a workflow and its tasks; throws `WORKLOAD.NOT_FOUND`. */
export async function readWorkflow(db: Database, world: World, workflowId: number): Promise<WorkflowStatus> {
  const row = (await db.rows(sql`SELECT name, owner, status FROM workflow WHERE id = ${workflowId}`))[0];
  if (row === undefined) {
    throw new AlmagestError("WORKLOAD.NOT_FOUND", `There is no workflow ${workflowId}.`, {
      fields: { workflowId },
    });
  }
  const tasks = [...world.tasks.values()].filter((task) => task.workflowId === workflowId);
  const over = tasks.every(({ state }) => ["done", "finished", "failed", "aborted"].includes(state.status));
  return {
    workflowId,
    name: String(row[0]),
    owner: String(row[1]),
    status: row[2] === "accepting" ? "accepting" : over ? "done" : "open",
    tasks: tasks.map(({ id, spec, state }) => ({ id, label: spec.label, state })),
  };
}
