import { setTimeout as sleep } from "node:timers/promises";
import { type Logger, silentLogger } from "@almagest/base";
import type { WorkloadManager } from "../manager/workload-manager.ts";
import type { PublishedEvent } from "../store/event-log.ts";
import { endsSpan, jobSpans } from "./job-spans.ts";
import type { Span } from "./otlp.ts";
import { readTracedJobs } from "./read-traced-jobs.ts";
import { sendSpans, type TraceTarget } from "./send-spans.ts";
import { isSampled, jobContext, type TracedWorkflow } from "./trace-context.ts";
import type { Tracer } from "./tracer.ts";
import { submitSpan, taskSpan, workflowSpan } from "./workflow-spans.ts";

/** Name of the exporter's place in the event log. */
export const TRACE_SUBSCRIBER = "traces";

const BATCH = 1000;
const POLL_MS = 500;
const RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;
const TASK_ENDS: ReadonlySet<string> = new Set(["done", "finished", "failed", "aborted"]);

/**
 * Exports the spans of workflows, tasks, jobs and attempts to a collector until `stop` aborts. They are made from the event
 * log, whose place moves on when the collector has taken them: each span at least once, and a collector that is away misses
 * nothing that the log still holds. A span that is sent twice has the same ids.
 */
export async function exportTraces(
  manager: WorkloadManager,
  tracer: Tracer,
  target: TraceTarget,
  stop: AbortSignal,
  log: Logger = silentLogger,
): Promise<void> {
  let place = await manager.subscribe(TRACE_SUBSCRIBER);
  const ended = await manager.ask(async (_, { tasks }) =>
    [...tasks.values()].flatMap(({ id, state }) => (TASK_ENDS.has(state.status) ? [id] : [])),
  );
  const maker = new SpanMaker(manager, tracer, ended);
  let pauseMs = RETRY_MS;
  while (!stop.aborted) {
    try {
      const events = await manager.events(place, BATCH);
      if (events.length > 0) {
        const spans = await maker.spansOf(events);
        const complaint = spans.length === 0 ? undefined : await sendSpans(target, spans);
        if (complaint !== undefined) log.warn("spans were left out", { complaint });
        for (const event of events) if (event.subject === "a" && endsSpan(event)) tracer.forget(event.id);
        place = events.at(-1)!.seq;
        await manager.acknowledge(TRACE_SUBSCRIBER, place);
        pauseMs = RETRY_MS;
      }
      if (events.length < BATCH) await sleep(POLL_MS, undefined, { signal: stop }).catch(() => {});
    } catch (error) {
      log.warn("spans could not be exported; they are tried again", { error });
      await sleep(pauseMs, undefined, { signal: stop }).catch(() => {});
      pauseMs = Math.min(2 * pauseMs, LONGEST_RETRY_MS);
    }
  }
}

/** Makes spans of lines of the event log. */
class SpanMaker {
  readonly #manager: WorkloadManager;
  readonly #tracer: Tracer;
  readonly #openMs = new Map<number, number>();
  /** Tasks whose last line has been seen; those that had ended before this process began count as seen. */
  readonly #ended: Set<number>;

  constructor(manager: WorkloadManager, tracer: Tracer, ended: Iterable<number>) {
    this.#manager = manager;
    this.#tracer = tracer;
    this.#ended = new Set(ended);
  }

  async spansOf(events: readonly PublishedEvent[]): Promise<Span[]> {
    const ending = events.filter(endsSpan);
    const tasks = new Map(ending.map(({ jobId, taskId }) => [jobId, taskId]));
    const taskEnds = events.filter(({ subject, what }) => subject === "t" && TASK_ENDS.has(what));
    const opened = events.filter(({ subject, what }) => subject === "f" && what === "open");
    if (ending.length + taskEnds.length + opened.length === 0) return [];
    const workflowOf = (taskId: number): number | undefined => this.#manager.task(taskId)?.workflowId;
    const ids = [...tasks.values(), ...taskEnds.map(({ id }) => id)].flatMap((id) => workflowOf(id) ?? []);
    const workflows = await this.#tracer.workflows([...ids, ...opened.map(({ id }) => id)]);
    for (const { id, timeMs } of opened) this.#openMs.set(id, timeMs);
    const spans: Span[] = opened.flatMap(({ id, timeMs }) => {
      const workflow = workflows.get(id);
      return workflow === undefined ? [] : [submitSpan(workflow, timeMs)];
    });
    const openMs = ({ id, createdMs }: TracedWorkflow): number => this.#openMs.get(id) ?? createdMs;
    const jobs = await this.#manager.ask((db, world) => readTracedJobs(db, world, tasks, workflows, openMs));
    for (const line of ending) {
      const job = jobs.get(line.jobId);
      if (job === undefined) continue;
      const good = line.what === "finished" || line.what === "closed";
      if (good && !isSampled(jobContext(job.workflow, job.id), this.#tracer.sample)) continue;
      spans.push(...jobSpans(job, line, this.#tracer.timingOf(line.id)));
    }
    for (const line of taskEnds) {
      const task = this.#manager.task(line.id);
      const workflow = task === undefined ? undefined : workflows.get(task.workflowId);
      if (task === undefined || workflow === undefined) continue;
      this.#ended.add(line.id);
      spans.push(taskSpan(workflow, task.spec.label, line));
      if (await this.#isOver(workflow.id)) {
        spans.push(workflowSpan(workflow, line.timeMs));
        this.#openMs.delete(workflow.id);
      }
    }
    return spans;
  }

  /** True when no task's last line is still to come. */
  async #isOver(workflowId: number): Promise<boolean> {
    const { status, tasks } = await this.#manager.workflow(workflowId);
    return status === "done" && tasks.every(({ id }) => this.#ended.has(id));
  }
}
