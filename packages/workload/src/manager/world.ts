import { type Json, parseJson } from "@almagest/base";
import { type Database, sql } from "@almagest/database";
import { LIVE_STATUSES } from "../core/attempt-state.ts";
import type { TaskState, TaskStatus } from "../core/task-state.ts";
import type { FacilityShare } from "../scheduling/facility-shares.ts";
import type { LearnedUse } from "../scheduling/learn-usage.ts";
import type { Refusal } from "../scheduling/refuse-queue.ts";
import type { Queue, ResourceClass } from "../scheduling/resources.ts";
import { DEFAULT_RETRY_RULES, type RetryRule } from "../scheduling/retry-rules.ts";
import type { TaskSpec } from "../workflow-spec.ts";

/** A task as held in memory. */
export interface TaskRecord {
  readonly id: number;
  readonly workflowId: number;
  readonly spec: TaskSpec;
  readonly state: TaskState;
}

/** How full a queue is. */
export interface QueueLoad {
  readonly activated: number;
  readonly running: number;
}

/**
 * What the manager keeps in memory: small tables and counts, nothing per job. It is read from the database at the start
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
  readonly shares: Map<string, FacilityShare>;
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
  };
}

async function maxOf(
  db: Database,
  table: "attempt" | "task" | "resource_class" | "workflow" | "worker",
): Promise<number> {
  const query = {
    attempt: sql`SELECT max(id) FROM attempt`,
    task: sql`SELECT max(id) FROM task`,
    resource_class: sql`SELECT max(id) FROM resource_class`,
    workflow: sql`SELECT max(id) FROM workflow`,
    worker: sql`SELECT max(id) FROM worker`,
  }[table];
  return Number((await db.rows(query))[0]![0] ?? 0) + 1;
}

const parse = <T>(text: unknown): T => parseJson(String(text)) as Json as T;

/** The key by which a class is found again; requests are written with sorted keys. */
export function classKey(taskId: number, boosted: boolean, requestJson: string): string {
  return `${taskId}/${boosted ? 1 : 0}/${requestJson}`;
}

/** Reads everything the manager keeps in memory. */
export async function loadWorld(db: Database): Promise<World> {
  const world: World = {
    tasks: new Map(),
    classes: new Map(),
    classKeys: new Map(),
    queues: new Map(),
    loads: new Map(),
    pilotSeenMs: new Map(),
    ready: new Map(),
    shares: new Map(),
    learned: new Map(),
    refusals: new Map(),
    retryRules: [],
    next: {
      attempt: await maxOf(db, "attempt"),
      job: Number((await db.rows(sql`SELECT max(first_job + job_count) FROM workflow`))[0]![0] ?? 1),
      task: await maxOf(db, "task"),
      resourceClass: await maxOf(db, "resource_class"),
      workflow: await maxOf(db, "workflow"),
      worker: await maxOf(db, "worker"),
    },
  };
  const tasks =
    await db.rows(sql`SELECT id, workflow_id, spec, status, before, waiting, ready, active, finished, failed,
    pruned, cancelled FROM task ORDER BY id`);
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
  for (const [queueId, status, count] of await db.rows(
    sql`SELECT queue_id, status, count(*) FROM attempt WHERE status IN
      ('activated', 'sent', 'starting', 'running', 'transferring', 'holding') GROUP BY queue_id, status`,
  )) {
    const load = world.loads.get(Number(queueId)) ?? { activated: 0, running: 0 };
    const running = load.running + (LIVE_STATUSES.includes(status as never) ? Number(count) : 0);
    const activated = load.activated + (status === "activated" ? Number(count) : 0);
    world.loads.set(Number(queueId), { activated, running });
  }
  for (const [classId, count] of await db.rows(
    sql`SELECT class_id, count(*) FROM job WHERE status = 'ready' GROUP BY class_id`,
  )) {
    world.ready.set(Number(classId), Number(count));
  }
  for (const [facility, target, charged] of await db.rows(
    sql`SELECT facility, target, charged FROM facility_share ORDER BY facility`,
  )) {
    const share = { facility: String(facility), target: Number(target), chargedCoreSec: Number(charged) };
    world.shares.set(share.facility, share);
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
  if (world.retryRules.length === 0) world.retryRules.push(...DEFAULT_RETRY_RULES);
  return world;
}
