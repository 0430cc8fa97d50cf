import { createHash } from "node:crypto";

/** A place in a trace, as W3C's trace context has it: 32 and 16 hexadecimal digits. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
}

const digest = (text: string, digits: number): string =>
  createHash("sha256").update(text).digest("hex").slice(0, digits);

/** What of a workflow never changes and no other has, in this database or another. */
export interface TracedWorkflow {
  readonly id: number;
  readonly key: string;
  readonly name: string;
  readonly createdMs: number;
  readonly jobCount: number;
}

/** Jobs that share their workflow's trace at most: no viewer shows a trace of a million spans. */
export const JOBS_PER_TRACE = 1000;

/** Ids follow from what they name, so that a span that is exported twice is the same span, and the pilot's and the server's
 * parts find each other without a word between them. */
export function workflowContext({ id, key, createdMs }: TracedWorkflow): TraceContext {
  const traceId = digest(`workflow ${id} ${createdMs} ${key}`, 32);
  return { traceId, spanId: spanId(traceId, "workflow") };
}

/** The span of a job: in its workflow's trace, or in one of its own where the workflow is large. */
export function jobContext(workflow: TracedWorkflow, jobId: number): TraceContext {
  const { traceId: shared } = workflowContext(workflow);
  const traceId = workflow.jobCount <= JOBS_PER_TRACE ? shared : digest(`${shared} job ${jobId}`, 32);
  return { traceId, spanId: spanId(traceId, `job ${jobId}`) };
}

/** The id of a span of a trace by its name there. */
export function spanId(traceId: string, name: string): string {
  return digest(`${traceId} ${name}`, 16);
}

/** The span of a payload, below which the payload's own spans belong. */
export function payloadContext(workflow: TracedWorkflow, jobId: number, attemptId: number): TraceContext {
  const { traceId } = jobContext(workflow, jobId);
  return { traceId, spanId: spanId(traceId, `attempt ${attemptId} payload`) };
}

/** Whether a job is among the share `sample` (0 to 1) that is traced; the same answer at every attempt. */
export function isSampled({ traceId, spanId }: TraceContext, sample: number): boolean {
  return Number.parseInt(digest(`${traceId} ${spanId}`, 8), 16) < sample * 2 ** 32;
}

/** Header `traceparent` of W3C's trace context. */
export function traceparent({ traceId, spanId }: TraceContext, sampled: boolean): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}
