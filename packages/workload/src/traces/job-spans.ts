import type { LogEntry } from "../core/slice.ts";
import type { Span } from "./otlp.ts";
import type { PilotTiming } from "./pilot-timing.ts";
import { jobContext, spanId, type TracedWorkflow, workflowContext } from "./trace-context.ts";

/** What is known of a job whose spans are made. */
export interface TracedJob {
  readonly id: number;
  readonly name: string;
  readonly taskId: number;
  readonly label: string;
  readonly workflow: TracedWorkflow;
  /** When its last parent ended (or the workflow was open), and that parent. */
  readonly readyMs: number;
  readonly releasedBy: number | undefined;
  /** Its lines of the event log, oldest first. */
  readonly lines: readonly LogEntry[];
}

const ATTEMPT_ENDS: ReadonlySet<string> = new Set(["finished", "failed", "cancelled", "closed"]);
const JOB_ENDS: ReadonlySet<string> = new Set(["failed", "pruned", "cancelled"]);

/** True for a line after which an attempt or a job has spans to show. */
export function endsSpan({ subject, what }: LogEntry): boolean {
  return subject === "a" ? ATTEMPT_ENDS.has(what) : subject === "j" && JOB_ENDS.has(what);
}

/**
 * The spans that are complete with `ending`, a line for which `endsSpan` holds: of an attempt (brokerage, wait in the queue,
 * dispatch, the pilot's stage-in, payload and stage-out, hold), and of the job where that has ended too.
 */
export function jobSpans(job: TracedJob, ending: LogEntry, timing: PilotTiming | undefined): Span[] {
  const context = jobContext(job.workflow, job.id);
  const root = workflowContext(job.workflow);
  const about = {
    "almagest.workflow.id": job.workflow.id,
    "almagest.task": job.label,
    "almagest.job.id": job.id,
    "almagest.job.name": job.name,
    "panda.task_id": job.taskId,
  };
  const over = ending.subject === "j" || ending.what === "finished";
  const shared = context.traceId === root.traceId;
  const released = job.releasedBy === undefined ? [] : [jobContext(job.workflow, job.releasedBy)];
  const links = [...(shared ? [] : [root]), ...released];
  const own: Span = {
    ...context,
    ...(shared ? { parentId: spanId(root.traceId, `task ${job.taskId}`) } : {}),
    name: `job ${job.label}`,
    startMs: Math.min(job.readyMs, ending.timeMs),
    endMs: ending.timeMs,
    attributes: { ...about, "almagest.job.status": ending.what },
    ...(links.length === 0 ? {} : { links }),
    ...(ending.what === "finished" ? {} : { error: ending.what }),
  };
  return [
    ...(ending.subject === "a" ? attemptSpans(job, ending, timing, context.spanId, about) : []),
    ...(over ? [own] : []),
  ];
}

function attemptSpans(
  job: TracedJob,
  ending: LogEntry,
  timing: PilotTiming | undefined,
  parentId: string,
  about: Span["attributes"],
): Span[] {
  const { traceId } = jobContext(job.workflow, job.id);
  const own = job.lines.filter((line) => line.subject === "a" && line.id === ending.id);
  const at = (what: string): LogEntry | undefined => own.find((line) => line.what === what);
  const activated = at("activated") ?? ending;
  const sent = at("sent");
  const begun = at("running") ?? at("transferring") ?? at("holding");
  // A retry begins to wait when the attempt before it ended.
  const before = job.lines.findLast(
    (line) =>
      line.subject === "a" && line.timeMs <= activated.timeMs && endsSpan(line) && line.id < ending.id,
  );
  const readyMs = Math.min(before?.timeMs ?? job.readyMs, activated.timeMs);
  const id = (part: string): string => spanId(traceId, `attempt ${ending.id}${part}`);
  const attributes = {
    ...about,
    "panda.id": ending.id,
    "almagest.queue": activated.detail,
    "almagest.worker": sent?.detail,
  };
  const failed = ending.what === "finished" ? {} : { error: ending.detail ?? ending.what };
  const whole: Span = {
    ...{ traceId, spanId: id(""), parentId, name: "attempt", startMs: readyMs, endMs: ending.timeMs },
    attributes: { ...attributes, "almagest.attempt.status": ending.what },
    ...failed,
  };
  const spans = [whole];
  const add = (name: string, startMs: number, endMs: number, error = {}): void => {
    spans.push({
      ...{ traceId, spanId: id(` ${name}`), parentId: whole.spanId, name, startMs, endMs, attributes },
      ...error,
    });
  };
  add("brokerage", readyMs, activated.timeMs);
  add("queued", activated.timeMs, sent?.timeMs ?? ending.timeMs);
  if (sent === undefined) return spans;
  const heldMs = at("holding")?.timeMs;
  const workedMs = heldMs ?? ending.timeMs;
  const parts = placeParts(timing, sent.timeMs, begun?.timeMs ?? sent.timeMs, workedMs);
  add("dispatch", sent.timeMs, parts.begunMs);
  for (const [name, startMs, endMs] of parts.spans)
    add(name, startMs, endMs, name === "payload" ? failed : {});
  if (heldMs !== undefined) add("hold", heldMs, ending.timeMs);
  return spans;
}

/** Where a pilot's parts lie on our clock: they ended with its report, one after another. Without its times all between its
 * first and last word is the payload. */
function placeParts(
  timing: PilotTiming | undefined,
  sentMs: number,
  begunMs: number,
  endMs: number,
): { readonly begunMs: number; readonly spans: readonly (readonly [string, number, number])[] } {
  if (timing === undefined) return { begunMs, spans: [["payload", Math.min(begunMs, endMs), endMs]] };
  const parts = [
    ["stage-out", timing.stageOut],
    ["payload", timing.payload],
    ["stage-in", timing.stageIn],
    ["setup", timing.setup],
  ] as const;
  const spans: [string, number, number][] = [];
  let upTo = endMs;
  for (const [name, seconds] of parts) {
    const start = Math.max(sentMs, upTo - seconds * 1000);
    if (name === "payload" || seconds > 0) spans.unshift([name, start, upTo]);
    upTo = start;
  }
  return { begunMs: upTo, spans };
}
