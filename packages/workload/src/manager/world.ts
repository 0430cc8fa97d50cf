import { type Json, parseJson } from "@almagest/base";
import { type Database, type Sql, sql } from "@almagest/database";
import { type Attempt, LIVE_STATUSES } from "../core/attempt-state.ts";
import type { TaskState, TaskStatus } from "../core/task-state.ts";
import type { Share } from "../scheduling/facility-shares.ts";
import { type LearnedUse, meanWallSec } from "../scheduling/learn-usage.ts";
import type { Refusal } from "../scheduling/refuse-queue.ts";
import type { Queue, ResourceClass } from "../scheduling/resources.ts";
import { DEFAULT_RETRY_RULES, type RetryRule } from "../scheduling/retry-rules.ts";
import { type LiveRows, loadLiveRows } from "../store/live-rows.ts";
import type { TaskSpec } from "../workflow-spec.ts";

/** A task as held in memory. */
export interface TaskRecord {
  readonly id: number;
  readonly workflowId: number;
  readonly spec: TaskSpec;
  readonly state: TaskState;
}

/** A charge in advance. */
export interface Advance {
  readonly facility: string;
  readonly group: string;
  readonly coreSec: number;
}

/** How full a queue is. */
export interface QueueLoad {
  readonly activated: number;
  readonly running: number;
}

/**
 * What the manager keeps in memory: small tables, counts, and the attempts that live; nothing per job that waits or has
 * ended. It is read from the database at the start
 * and after a commit that failed, and every change to it is written in the commit that makes it.
 */
export interface World {
  readonly tasks: Map<number, TaskRecord>;
  readonly classes: Map<number, ResourceClass>;
  /** Class id by task and request. */
  readonly classKeys: Map<string, number>;
  readonly queues: Map<number, Queue>;
  readonly loads: Map<number, QueueLoad>;
  /** When each queue's pilots last asked for work; not kept across restarts. */
  readonly pilotSeenMs: Map<number, number>;
  /** Ready jobs by class. */
  readonly ready: Map<number, number>;
  /** By class: no job of a lower id is ready. */
  readonly readyFrom: Map<number, number>;
  readonly live: LiveRows;
  /** Shares of facilities, and of groups of tasks, by name. */
  readonly shares: Map<string, Share>;
  readonly groupShares: Map<string, Share>;
  /** What the shares were charged in advance for each live attempt, in core-seconds; the database holds only what was
   * really used. */
  readonly advances: Map<number, Advance>;
  /** Their sums, by `facility NAME` and `group NAME`. */
  readonly advanced: Map<string, number>;
  readonly learned: Map<string, LearnedUse>;
  /** Last recorded refusal by `class/queue`. */
  readonly refusals: Map<string, Refusal>;
  readonly retryRules: RetryRule[];
  readonly next: {
    attempt: number;
    job: number;
    task: number;
    resourceClass: number;
    workflow: number;
    worker: number;
    event: number;
  };
  /** Who may write: a manager opened later has a higher number, and this one is then refused. */
  readonly epoch: number;
  lastCommit: number;
  /** Silence of pilots is counted from here at the earliest: before, nobody listened. */
  openedMs: number;
}

async function nextOf(db: Database, ...queries: readonly Sql[]): Promise<number> {
  let highest = 0;
  for (const query of queries) highest = Math.max(highest, Number((await db.rows(query))[0]![0] ?? 0));
  return highest + 1;
}

const parse = <T>(text: unknown): T => parseJson(String(text)) as Json as T;

/** The key by which a class is found again; requests are written with sorted keys. */
export function classKey(taskId: number, boosted: boolean, requestJson: string): string {
  return `${taskId}/${boosted ? 1 : 0}/${requestJson}`;
}

function addCharge(shares: Map<string, Share>, name: string, coreSec: number): void {
  const share = shares.get(name);
  if (share === undefined) return;
  shares.set(name, { ...share, chargedCoreSec: Math.max(0, share.chargedCoreSec + coreSec) });
}

function bookAdvance({ advanced }: World, { facility, group, coreSec }: Advance, sign: 1 | -1): void {
  for (const key of [`facility ${facility}`, `group ${group}`]) {
    advanced.set(key, (advanced.get(key) ?? 0) + sign * coreSec);
  }
}

/** Charges the facility that is to run an attempt, and the group its task is of, with what such jobs took so far. */
export function chargeInAdvance(
  world: World,
  { id, queueId, cores, wallSec }: Attempt,
  taskId: number,
): void {
  const { spec } = world.tasks.get(taskId)!;
  const facility = world.queues.get(queueId)?.facility ?? "";
  const group = spec.share ?? "";
  const coreSec = cores * (meanWallSec(world.learned.get(spec.label)) ?? wallSec);
  const advance = { facility, group, coreSec };
  world.advances.set(id, advance);
  bookAdvance(world, advance, 1);
  addCharge(world.shares, facility, coreSec);
  addCharge(world.groupShares, group, coreSec);
}

/** Replaces what was charged in advance by what an attempt used. Gives the names of the shares charged. */
export function settleCharge(world: World, attemptId: number, usedCoreSec: number): Advance | undefined {
  const advance = world.advances.get(attemptId);
  if (advance === undefined) return undefined;
  world.advances.delete(attemptId);
  bookAdvance(world, advance, -1);
  addCharge(world.shares, advance.facility, usedCoreSec - advance.coreSec);
  addCharge(world.groupShares, advance.group, usedCoreSec - advance.coreSec);
  return advance;
}

/** Reads everything the manager keeps in memory. */
export async function loadWorld(db: Database, openedMs: number): Promise<World> {
  const [epoch, lastCommit] = (await db.rows(sql`SELECT epoch, last_commit FROM writer`))[0]!;
  const world: World = {
    tasks: new Map(),
    classes: new Map(),
    classKeys: new Map(),
    queues: new Map(),
    loads: new Map(),
    pilotSeenMs: new Map(),
    ready: new Map(),
    readyFrom: new Map(),
    live: await loadLiveRows(db),
    shares: new Map(),
    groupShares: new Map(),
    advances: new Map(),
    advanced: new Map(),
    learned: new Map(),
    refusals: new Map(),
    retryRules: [],
    next: {
      attempt: await nextOf(db, sql`SELECT max(id) FROM attempt`, sql`SELECT max(id) FROM past_attempt`),
      job: await nextOf(db, sql`SELECT max(first_job + job_count) - 1 FROM workflow`),
      task: await nextOf(db, sql`SELECT max(id) FROM task`),
      resourceClass: await nextOf(db, sql`SELECT max(id) FROM resource_class`),
      workflow: await nextOf(db, sql`SELECT max(id) FROM workflow`),
      worker: await nextOf(db, sql`SELECT max(id) FROM worker`),
      event: await nextOf(db, sql`SELECT max(seq) FROM event_log`, sql`SELECT max(seq) FROM subscriber`),
    },
    epoch: Number(epoch),
    lastCommit: Number(lastCommit),
    openedMs,
  };
  const tasks =
    await db.rows(sql`SELECT task.id, workflow_id, spec, status, before, waiting, ready, active, finished, failed,
    pruned, cancelled FROM task JOIN task_spec ON task_spec.id = task.id ORDER BY task.id`);
  for (const [id, workflowId, spec, status, before, ...counts] of tasks) {
    const [waiting, ready, active, finished, failed, pruned, cancelled] = counts.map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const taskSpec = parse<TaskSpec>(spec);
    world.tasks.set(Number(id), {
      id: Number(id),
      workflowId: Number(workflowId),
      spec: taskSpec,
      state: {
        status: status as TaskStatus,
        before: (before ?? undefined) as TaskStatus | undefined,
        counts: { waiting, ready, active, finished, failed, pruned, cancelled },
        scouts: taskSpec.scouts ?? 0,
      },
    });
  }
  for (const [id, taskId, boosted, request] of await db.rows(
    sql`SELECT id, task_id, boosted, request FROM resource_class ORDER BY id`,
  )) {
    const entry = { id: Number(id), taskId: Number(taskId), boosted: Number(boosted) === 1 };
    world.classes.set(entry.id, { ...entry, request: parse(request) });
    world.classKeys.set(classKey(entry.taskId, entry.boosted, String(request)), entry.id);
  }
  for (const [id, spec] of await db.rows(sql`SELECT id, spec FROM queue ORDER BY id`)) {
    world.queues.set(Number(id), { ...parse<Queue>(spec), id: Number(id) });
    world.loads.set(Number(id), { activated: 0, running: 0 });
  }
  for (const { queueId, status } of world.live.attempts.values()) {
    const load = world.loads.get(queueId) ?? { activated: 0, running: 0 };
    const running = load.running + (LIVE_STATUSES.includes(status) ? 1 : 0);
    world.loads.set(queueId, { activated: load.activated + (status === "activated" ? 1 : 0), running });
  }
  for (const [classId, count] of await db.rows(
    sql`SELECT class_id, count(*) FROM ready_job GROUP BY class_id`,
  )) {
    world.ready.set(Number(classId), Number(count));
  }
  for (const [kind, name, target, charged] of await db.rows(
    sql`SELECT kind, name, target, charged FROM share ORDER BY kind, name`,
  )) {
    const entry = { name: String(name), target: Number(target), chargedCoreSec: Number(charged) };
    (kind === "facility" ? world.shares : world.groupShares).set(entry.name, entry);
  }
  for (const [label, value] of await db.rows(sql`SELECT label, value FROM learned_use`)) {
    world.learned.set(String(label), parse(value));
  }
  for (const [classId, queueId, code, text] of await db.rows(
    sql`SELECT class_id, queue_id, code, text FROM refusal`,
  )) {
    world.refusals.set(`${classId}/${queueId}`, { code: String(code), text: String(text) });
  }
  for (const [rule] of await db.rows(sql`SELECT rule FROM retry_rule ORDER BY position`)) {
    world.retryRules.push(parse(rule));
  }
  for (const attempt of world.live.attempts.values()) {
    const job = world.live.jobs.get(attempt.jobId);
    if (job !== undefined) chargeInAdvance(world, attempt, job.taskId);
  }
  if (world.retryRules.length === 0) world.retryRules.push(...DEFAULT_RETRY_RULES);
  return world;
}
