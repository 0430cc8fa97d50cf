import type { TaskCommand } from "../manager/control-tasks.ts";
import type { WorkloadManager } from "../manager/workload-manager.ts";

/** Carries out a command on every task of a workflow; gives their number. A kill goes from the last task to the first, so
 * that each ends as aborted, not as the pruned rest of another. Throws `WORKLOAD.NOT_FOUND`. */
export async function controlWorkflow(
  manager: WorkloadManager,
  workflowId: number,
  command: TaskCommand,
): Promise<number> {
  const ids = (await manager.workflow(workflowId)).tasks.map(({ id }) => id);
  for (const id of command === "kill" ? ids.toReversed() : ids) await manager.controlTask(id, command);
  return ids.length;
}
