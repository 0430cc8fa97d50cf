import type { Json } from "@almagest/base";
import type { TaskStatus } from "../../core/task-state.ts";
import type { WorkflowStatus } from "../../manager/workflow-status.ts";

/** iDDS's words for a transform, with their numbers. */
const TRANSFORM: Readonly<Record<TaskStatus, string>> = {
  registered: "New",
  ready: "Transforming",
  scouting: "Transforming",
  running: "Transforming",
  paused: "Suspended",
  aborting: "Cancelling",
  finishing: "ToFinish",
  done: "Finished",
  finished: "SubFinished",
  failed: "Failed",
  aborted: "Cancelled",
};

const word = (name: string): Json => ({ class: "Status", attributes: { _name_: name } });

/** A request's status from its transforms'. */
function requestStatus(words: readonly string[]): string {
  const open = words.filter((each) => !["Finished", "SubFinished", "Failed", "Cancelled"].includes(each));
  if (open.length > 0) return open.every((each) => each === "Suspended") ? "Suspended" : "Transforming";
  if (words.includes("Cancelled")) return "Cancelled";
  if (words.every((each) => each === "Finished")) return "Finished";
  return words.every((each) => each === "Failed") ? "Failed" : "SubFinished";
}

/** A workflow as `get_requests` tells it: one row per transform, or with `detail` false one for the request. Counts are
 * those that `bps report` reads; `input_new_files` are jobs whose parents have not succeeded. */
export function describeRequest(workflow: WorkflowStatus, createdMs: number, detail: boolean): Json[] {
  const words = workflow.tasks.map(({ state }) => TRANSFORM[state.status]);
  const created = new Date(createdMs).toISOString();
  const head = {
    request_id: workflow.workflowId,
    username: workflow.owner,
    name: workflow.name,
    status: word(workflow.status === "accepting" ? "New" : requestStatus(words)),
    created_at: created,
  };
  if (!detail) return [head];
  return workflow.tasks.map(({ id, label, state: { counts } }, index) => {
    const { waiting, ready, active, finished, failed, pruned, cancelled } = counts;
    const total = waiting + ready + active + finished + failed + pruned + cancelled;
    return {
      ...head,
      transform_id: id,
      transform_workload_id: id,
      transform_name: label,
      transform_status: word(words[index]!),
      transform_created_at: created,
      input_total_files: total,
      input_new_files: waiting,
      input_processed_files: finished,
      input_processing_files: ready + active,
      output_total_files: total,
      output_new_files: waiting,
      output_processing_files: ready + active,
      output_processed_files: finished,
      output_failed_files: failed,
      output_missing_files: pruned + cancelled,
    };
  });
}
