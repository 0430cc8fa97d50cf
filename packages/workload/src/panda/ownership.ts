import { AlmagestError } from "@almagest/base";
import { type Identity, requireRole } from "@almagest/identity";
import type { WorkloadManager } from "../manager/workload-manager.ts";
import { taskOfJob } from "../questions/list-jobs.ts";
import { ownerOf } from "../questions/list-workflows.ts";

/** What a command is meant for. */
export interface Target {
  readonly kind: "workflow" | "task" | "job";
  readonly id: number;
}

const notFound = ({ kind, id }: Target): AlmagestError =>
  new AlmagestError("WORKLOAD.NOT_FOUND", `There is no ${kind} ${id}.`, { fields: { kind, id } });

/** The workflow that a target is of. Throws `WORKLOAD.NOT_FOUND`. */
export async function workflowOf(manager: WorkloadManager, target: Target): Promise<number> {
  if (target.kind === "workflow") return target.id;
  const taskId = target.kind === "task" ? target.id : await manager.ask((db) => taskOfJob(db, target.id));
  const task = taskId === undefined ? undefined : manager.task(taskId);
  if (task === undefined) throw notFound(target);
  return task.workflowId;
}

/** Lets an owner change what is theirs, and the role production what is anybody's. Throws `IDENTITY.ROLE_MISSING` and
 * `WORKLOAD.NOT_FOUND`. */
export async function requireOwner(
  manager: WorkloadManager,
  caller: Identity,
  target: Target,
): Promise<void> {
  const workflowId = await workflowOf(manager, target);
  const owner = await manager.ask((db) => ownerOf(db, workflowId));
  if (owner === undefined) throw notFound(target);
  if (owner !== caller.subject) requireRole(caller, "production");
}
