import { createHash } from "node:crypto";
import { AlmagestError, canonicalJson } from "@almagest/base";
import { type SqlValue, sql } from "@almagest/database";
import type { JobStatus } from "../core/job-state.ts";
import { NO_JOBS } from "../core/task-state.ts";
import { DEFAULT_REQUEST, type ResourceRequest } from "../scheduling/resources.ts";
import { insertRows } from "../store/bulk-sql.ts";
import { JOB_COLUMNS } from "../store/rows.ts";
import { writeTogether } from "../store/write-together.ts";
import type { JobSpec, SubmitResult, WorkflowSpec } from "../workflow-spec.ts";
import type { Commit } from "./commit.ts";
import type { CommitQueue } from "./commit-queue.ts";

/** Jobs per commit; a submission cut short goes on at a multiple of it. */
const CHUNK = 10_000;

interface Accepted {
  readonly workflowId: number;
  readonly firstJob: number;
  readonly accepted: number;
  readonly digest: string;
  readonly sealed: boolean;
  readonly taskIds: ReadonlyMap<string, number>;
}

const hash = (before: string, text: string): string =>
  createHash("sha256").update(before).update(text).digest("hex");

/**
 * Accepts a workflow in chunks of one commit each; none of its jobs runs before the last. The key makes it idempotent:
 * a submission that was cut short goes on where it stopped, a finished one is recognised, and other contents under the
 * same key throw `WORKLOAD.SUBMIT_CONFLICT`. Throws `WORKLOAD.WORKFLOW_INVALID`.
 */
export async function submitWorkflow(
  queue: CommitQueue,
  spec: WorkflowSpec,
  jobs: Iterable<JobSpec> | AsyncIterable<JobSpec>,
): Promise<SubmitResult> {
  const head = hash("", canonicalJson(spec));
  const state = await queue.submit((commit) => begin(commit, spec, head));
  let digest = head;
  let done = 0;
  const conflict = (): AlmagestError =>
    new AlmagestError(
      "WORKLOAD.SUBMIT_CONFLICT",
      `Another workflow was submitted under the key ${spec.key}.`,
      {
        fields: { key: spec.key },
      },
    );
  if (state.accepted === 0 && state.digest !== head) throw conflict();
  // One chunk is written while the next is read and summed.
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of chunksOf(jobs)) {
      digest = hash(digest, JSON.stringify(chunk));
      const first = done;
      done += chunk.length;
      if (done > spec.jobCount) throw invalid(`it has more jobs than the ${spec.jobCount} announced`);
      if (done <= state.accepted) {
        if (done === state.accepted && digest !== state.digest) throw conflict();
        continue;
      }
      if (first < state.accepted) throw conflict();
      const link = digest;
      await writing;
      writing = queue.submit((commit) => acceptChunk(commit, spec, state, chunk, first, link));
      writing.catch(() => {});
    }
  } finally {
    await writing;
  }
  if (done !== spec.jobCount) throw invalid(`it has ${done} jobs, ${spec.jobCount} were announced`);
  if (!state.sealed) await queue.submit((commit) => seal(commit, state));
  return { workflowId: state.workflowId, firstJob: state.firstJob, created: !state.sealed };
}

const invalid = (why: string, fields: Record<string, unknown> = {}): AlmagestError =>
  new AlmagestError("WORKLOAD.WORKFLOW_INVALID", `The workflow cannot be accepted: ${why}.`, { fields });

async function* chunksOf(jobs: Iterable<JobSpec> | AsyncIterable<JobSpec>): AsyncGenerator<JobSpec[]> {
  let chunk: JobSpec[] = [];
  if (Symbol.iterator in jobs) {
    for (const job of jobs) {
      chunk.push(job);
      if (chunk.length === CHUNK) {
        yield chunk;
        chunk = [];
      }
    }
  } else {
    for await (const job of jobs) {
      chunk.push(job);
      if (chunk.length === CHUNK) {
        yield chunk;
        chunk = [];
      }
    }
  }
  if (chunk.length > 0) yield chunk;
}

async function begin(commit: Commit, spec: WorkflowSpec, digest: string): Promise<Accepted> {
  const { db, world, nowMs } = commit;
  const known = (
    await db.rows(
      sql`SELECT id, first_job, accepted, digest, status FROM workflow WHERE submit_key = ${spec.key}`,
    )
  )[0];
  if (known !== undefined) {
    const workflowId = Number(known[0]);
    const tasks = [...world.tasks.values()].filter((task) => task.workflowId === workflowId);
    return {
      workflowId,
      firstJob: Number(known[1]),
      accepted: Number(known[2]),
      digest: String(known[3]),
      sealed: known[4] !== "accepting",
      taskIds: new Map(tasks.map((task) => [task.spec.label, task.id])),
    };
  }
  const labels = new Set(spec.tasks.map(({ label }) => label));
  if (labels.size !== spec.tasks.length) throw invalid("two tasks have the same label");
  const workflowId = world.next.workflow++;
  const firstJob = world.next.job;
  world.next.job += spec.jobCount;
  await db.run(sql`INSERT INTO workflow
    (id, submit_key, name, owner, status, first_job, job_count, accepted, digest, created_ms)
    VALUES (${workflowId}, ${spec.key}, ${spec.name}, ${spec.owner ?? ""}, 'accepting', ${firstJob},
      ${spec.jobCount}, 0, ${digest}, ${nowMs})`);
  const taskIds = new Map<string, number>();
  for (const task of spec.tasks) {
    const id = world.next.task++;
    taskIds.set(task.label, id);
    const state = {
      status: "registered",
      before: undefined,
      counts: NO_JOBS,
      scouts: task.scouts ?? 0,
    } as const;
    commit.addTask({ id, workflowId, spec: task, state });
  }
  commit.log("f", workflowId, "accepting", spec.name);
  return { workflowId, firstJob, accepted: 0, digest, sealed: false, taskIds };
}

async function acceptChunk(
  commit: Commit,
  spec: WorkflowSpec,
  state: Accepted,
  chunk: readonly JobSpec[],
  first: number,
  digest: string,
): Promise<void> {
  const { db, slice } = commit;
  const priorities = new Map(spec.tasks.map(({ label, priority = 900 }) => [label, priority]));
  const requests = new Map(
    spec.tasks.map(({ label, request }) => [label, { ...DEFAULT_REQUEST, ...request }]),
  );
  const plain = new Map<string, number>();
  const jobs: SqlValue[][] = [];
  const details: SqlValue[][] = [];
  const edges: SqlValue[][] = [];
  const ready: number[][] = [];
  for (let index = 0; index < chunk.length; index++) {
    const job = chunk[index]!;
    const ordinal = first + index;
    const id = state.firstJob + ordinal;
    const taskId = state.taskIds.get(job.task);
    if (taskId === undefined)
      throw invalid(`job ${job.name} is of task ${job.task}, which is not in it`, { job: job.name });
    const waiting = addEdges(edges, job, ordinal, state.firstJob);
    let classId = job.request === undefined ? plain.get(job.task) : undefined;
    if (classId === undefined) {
      const request: ResourceRequest = { ...requests.get(job.task)!, ...job.request };
      classId = await commit.classFor(taskId, request, false);
      if (job.request === undefined) plain.set(job.task, classId);
    }
    const status: JobStatus = waiting > 0 ? "waiting" : "ready";
    jobs.push([id, taskId, status, waiting, 0, 0, classId, priorities.get(job.task)!, 0, 0]);
    details.push([id, job.name, job.payload === undefined ? null : canonicalJson(job.payload)]);
    const moves = slice.moves.get(taskId) ?? {};
    moves[status] = (moves[status] ?? 0) + 1;
    slice.moves.set(taskId, moves);
    if (status === "ready") {
      slice.readyMoves.set(classId, (slice.readyMoves.get(classId) ?? 0) + 1);
      ready.push([classId, id]);
    }
  }
  await writeTogether(db, [
    () => insertRows(db, "job", JOB_COLUMNS, jobs),
    () => insertRows(db, "job_detail", { id: "bigint", name: "text", payload: "text" }, details),
    () => insertRows(db, "edge", { parent: "bigint", child: "bigint", kind: "text" }, edges),
    () => insertRows(db, "ready_job", { class_id: "bigint", id: "bigint" }, ready),
    () =>
      db.run(sql`UPDATE workflow SET accepted = ${first + chunk.length}, digest = ${digest}
        WHERE id = ${state.workflowId}`),
  ]);
  commit.book();
}

/** Adds a job's arrows; gives their number. */
function addEdges(edges: SqlValue[][], job: JobSpec, ordinal: number, firstJob: number): number {
  const parents = job.parents ?? [];
  const afterEnd = job.afterEnd ?? [];
  if (parents.length + afterEnd.length === 0) return 0;
  const seen = new Set<number>();
  const add = (parent: number, kind: "success" | "end"): void => {
    if (!Number.isSafeInteger(parent) || parent < 0 || parent >= ordinal) {
      throw invalid(`job ${ordinal} (${job.name}) names ${parent} as parent; a parent has a lower number`, {
        job: job.name,
        parent,
      });
    }
    // A parent that is named both ways must have succeeded.
    if (seen.has(parent)) return;
    seen.add(parent);
    edges.push([firstJob + parent, firstJob + ordinal, kind]);
  };
  for (const parent of parents) add(parent, "success");
  for (const parent of afterEnd) add(parent, "end");
  return seen.size;
}

async function seal(commit: Commit, state: Accepted): Promise<void> {
  await commit.db.run(sql`UPDATE workflow SET status = 'open' WHERE id = ${state.workflowId}`);
  for (const taskId of state.taskIds.values()) commit.stepTask(taskId, { kind: "sealed" });
  commit.log("f", state.workflowId, "open");
}
