import type { LogEntry } from "../core/slice.ts";
import type { Span } from "./otlp.ts";
import { spanId, type TracedWorkflow, workflowContext } from "./trace-context.ts";

const about = (workflow: TracedWorkflow): Span["attributes"] => ({
  "almagest.workflow.id": workflow.id,
  "almagest.workflow.name": workflow.name,
  "almagest.workflow.jobs": workflow.jobCount,
});

/** How a workflow's jobs were taken in. */
export function submitSpan(workflow: TracedWorkflow, openMs: number): Span {
  const { traceId, spanId: parentId } = workflowContext(workflow);
  return {
    ...{ traceId, spanId: spanId(traceId, "submit"), parentId, name: "submit" },
    ...{ startMs: workflow.createdMs, endMs: openMs, attributes: about(workflow) },
  };
}

/** A task from submission to its end. */
export function taskSpan(workflow: TracedWorkflow, label: string, { id, what, timeMs }: LogEntry): Span {
  const { traceId, spanId: parentId } = workflowContext(workflow);
  return {
    ...{ traceId, spanId: spanId(traceId, `task ${id}`), parentId, name: `task ${label}` },
    ...{ startMs: workflow.createdMs, endMs: timeMs },
    attributes: { ...about(workflow), "panda.task_id": id, "almagest.task.status": what },
    ...(what === "done" ? {} : { error: what }),
  };
}

/** The whole, from submission to the end of its last task. */
export function workflowSpan(workflow: TracedWorkflow, endMs: number): Span {
  const attributes = about(workflow);
  return {
    ...workflowContext(workflow),
    ...{ name: `workflow ${workflow.name}`, startMs: workflow.createdMs, endMs, attributes },
  };
}
