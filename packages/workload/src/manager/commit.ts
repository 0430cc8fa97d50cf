import { canonicalJson } from "@almagest/base";
import { type Database, type SqlValue, sql } from "@almagest/database";
import type { Attempt, Failure } from "../core/attempt-state.ts";
import type { Job } from "../core/job-state.ts";
import type { Judge, Message, Verdicts } from "../core/settle.ts";
import { createSlice, type LogEntry, type Slice } from "../core/slice.ts";
import { stepTask, type TaskEvent } from "../core/task-state.ts";
import type { Share } from "../scheduling/facility-shares.ts";
import { createLearnedUse, learnUse } from "../scheduling/learn-usage.ts";
import type { ResourceRequest } from "../scheduling/resources.ts";
import { decideRetry } from "../scheduling/retry-rules.ts";
import { insertRows, updateRows } from "../store/bulk-sql.ts";
import { appendEvents, type WorkloadEvent } from "../store/event-log.ts";
import { flushSlice, settleInDatabase } from "../store/slice-store.ts";
import { writeTogether } from "../store/write-together.ts";
import { classKey, settleCharge, type TaskRecord, type World } from "./world.ts";

const OUTPUT_COLUMNS = [
  "job_id",
  "name",
  "attempt_id",
  "status",
  "size_bytes",
  "checksum",
  "guid",
  "endpoint",
  "url",
];

const TASK_COLUMNS = {
  id: "bigint",
  waiting: "bigint",
  ready: "bigint",
  active: "bigint",
  finished: "bigint",
  failed: "bigint",
  pruned: "bigint",
  cancelled: "bigint",
  status: "text",
  before: "text",
} as const;

/** One transaction of the manager: the rows it read, the tables in memory, and what must be written at its end. */
export class Commit implements Judge {
  readonly db: Database;
  readonly world: World;
  readonly nowMs: number;
  readonly slice: Slice = createSlice();
  /** All lines logged in this commit, for those who listen. */
  readonly logged: WorkloadEvent[] = [];
  readonly #dirtyTasks = new Set<number>();
  readonly #dirtyLabels = new Set<string>();
  readonly #newTasks = new Set<number>();
  readonly #dirtyShares = new Set<string>();
  readonly #dirtyGroups = new Set<string>();
  readonly #outputs = new Map<string, SqlValue[]>();

  constructor(db: Database, world: World, nowMs: number) {
    this.db = db;
    this.world = world;
    this.nowMs = nowMs;
  }

  /** Settles messages, then books what they changed in the counts and tasks. */
  async tell(messages: readonly Message[]): Promise<Verdicts> {
    if (messages.length === 0) return [];
    const verdicts = await settleInDatabase(this.db, this.world.live, this.slice, messages, this, this.nowMs);
    this.book();
    return verdicts;
  }

  /** Moves the counts of tasks, classes and queues as the slice says. */
  book(): void {
    const { slice, world } = this;
    world.live.follow(slice);
    for (const [taskId, changes] of slice.moves) this.stepTask(taskId, { kind: "jobs-moved", changes });
    slice.moves.clear();
    for (const [classId, change] of slice.readyMoves) {
      const count = (world.ready.get(classId) ?? 0) + change;
      if (count === 0) world.ready.delete(classId);
      else world.ready.set(classId, count);
    }
    slice.readyMoves.clear();
    for (const [queueId, change] of slice.queueMoves) {
      const load = world.loads.get(queueId) ?? { activated: 0, running: 0 };
      world.loads.set(queueId, {
        activated: load.activated + change.activated,
        running: load.running + change.running,
      });
    }
    slice.queueMoves.clear();
  }

  /** Steps a task; gives true when it asks that its jobs be cancelled. */
  stepTask(taskId: number, event: TaskEvent): boolean {
    const task = this.world.tasks.get(taskId)!;
    const { state, commands } = stepTask(task.state, event);
    if (state === task.state) return false;
    this.world.tasks.set(taskId, { ...task, state });
    this.#dirtyTasks.add(taskId);
    if (state.status !== task.state.status) this.log("t", taskId, state.status);
    return commands.length > 0;
  }

  /** Has a new task written at the end of the commit. */
  addTask(task: TaskRecord): void {
    this.world.tasks.set(task.id, task);
    this.#newTasks.add(task.id);
  }

  /** Has a file written at the end of the commit, in place of one that the job had under that name. */
  addOutput(row: SqlValue[]): void {
    this.#outputs.set(`${row[0]}/${row[1]}`, row);
  }

  log(subject: LogEntry["subject"], id: number, what: string, detail?: string, jobId = 0): void {
    this.slice.log.push({ timeMs: this.nowMs, subject, id, jobId, what, detail });
  }

  /** The class of a task's jobs that ask for `request`, made when there is none. */
  async classFor(taskId: number, request: ResourceRequest, boosted: boolean): Promise<number> {
    const id = this.#newClass(taskId, request, boosted);
    await this.#writeClasses();
    return id;
  }

  readonly #newClasses: number[] = [];

  #newClass(taskId: number, request: ResourceRequest, boosted: boolean): number {
    const key = classKey(taskId, boosted, canonicalJson(request));
    const known = this.world.classKeys.get(key);
    if (known !== undefined) return known;
    const id = this.world.next.resourceClass++;
    this.world.classes.set(id, { id, taskId, request, boosted });
    this.world.classKeys.set(key, id);
    this.#newClasses.push(id);
    return id;
  }

  async #writeClasses(): Promise<void> {
    if (this.#newClasses.length === 0) return;
    const rows = this.#newClasses.map((id) => {
      const { taskId, boosted, request } = this.world.classes.get(id)!;
      return [id, taskId, boosted ? 1 : 0, canonicalJson(request)];
    });
    this.#newClasses.length = 0;
    await this.db.insertMany("resource_class", ["id", "task_id", "boosted", "request"], rows);
  }

  retryAs(job: Job, attempt: Attempt, failure: Failure): number | undefined {
    const { world } = this;
    const task = world.tasks.get(job.taskId)!;
    if (task.state.status === "aborting" || task.state.status === "finishing") return undefined;
    const base = world.classes.get(job.classId)!;
    // The attempt ran with what was predicted for it; a raise starts from there.
    const request = { ...base.request, memoryMb: attempt.memoryMb, wallSec: attempt.wallSec };
    const { maxAttempts = 3 } = task.spec;
    const decision = decideRetry(world.retryRules, failure, request, job.failures + 1, maxAttempts);
    if (decision.request === undefined) return undefined;
    return decision.boosted ? this.#newClass(job.taskId, decision.request, true) : job.classId;
  }

  learn(job: Job, attempt: Attempt): void {
    const task = this.world.tasks.get(job.taskId)!;
    const { label } = task.spec;
    const before = this.world.learned.get(label) ?? createLearnedUse(label);
    const after = learnUse(before, attempt.maxMemoryKb / 1000, (attempt.endMs - attempt.startMs) / 1000);
    this.world.learned.set(label, after);
    this.#dirtyLabels.add(label);
  }

  /** What an attempt really used replaces what was expected of it when it was assigned. */
  ended(attempt: Attempt): void {
    const usedSec = attempt.startMs === 0 ? 0 : (attempt.endMs - attempt.startMs) / 1000;
    const charged = settleCharge(this.world, attempt.id, attempt.cores * usedSec);
    if (charged === undefined || usedSec === 0) return;
    this.#dirtyShares.add(charged.facility);
    this.#dirtyGroups.add(charged.group);
  }

  /** Writes everything that changed. */
  async flush(): Promise<void> {
    const { db, world, slice } = this;
    this.book();
    await this.#writeClasses();
    for (const [id, classId] of slice.readyIn) {
      if (id < (world.readyFrom.get(classId) ?? 0)) world.readyFrom.set(classId, id);
    }
    await writeTogether(db, [
      () => flushSlice(db, slice),
      () => this.#writeTasks(),
      () => this.#writeOutputs(),
      () => this.#writeLearned(),
      () => this.#writeShares(),
      () => appendEvents(db, world.next.event, slice.log),
    ]);
    for (const entry of slice.log) this.logged.push({ ...entry, seq: world.next.event++ });
    slice.log.length = 0;
  }

  async #writeLearned(): Promise<void> {
    if (this.#dirtyLabels.size === 0) return;
    const rows = Array.from(this.#dirtyLabels, (label) => [
      label,
      canonicalJson(this.world.learned.get(label)),
    ]);
    this.#dirtyLabels.clear();
    const onConflict = { replaceBy: ["label"] };
    await this.db.insertMany("learned_use", ["label", "value"], rows, { onConflict });
  }

  async #writeTasks(): Promise<void> {
    const { db, world } = this;
    const toRow = (id: number): SqlValue[] => {
      const { status, before, counts } = world.tasks.get(id)!.state;
      const { waiting, ready, active, finished, failed, pruned, cancelled } = counts;
      return [id, waiting, ready, active, finished, failed, pruned, cancelled, status, before ?? null];
    };
    if (this.#newTasks.size > 0) {
      const specs = Array.from(this.#newTasks, (id) => {
        const { workflowId, spec } = world.tasks.get(id)!;
        return [id, workflowId, spec.label, canonicalJson(spec)];
      });
      await db.insertMany("task_spec", ["id", "workflow_id", "label", "spec"], specs);
      await insertRows(db, "task", TASK_COLUMNS, Array.from(this.#newTasks, toRow));
    }
    const changed = [...this.#dirtyTasks].filter((id) => !this.#newTasks.has(id));
    await updateRows(db, "task", TASK_COLUMNS, changed.map(toRow));
    this.#newTasks.clear();
    this.#dirtyTasks.clear();
  }

  async #writeOutputs(): Promise<void> {
    if (this.#outputs.size === 0) return;
    const onConflict = { replaceBy: ["job_id", "name"] };
    const rows = [...this.#outputs.values()];
    this.#outputs.clear();
    await this.db.insertMany("output_file", OUTPUT_COLUMNS, rows, { onConflict });
  }

  async #writeShares(): Promise<void> {
    const { world, db } = this;
    const write = async (kind: string, { name, chargedCoreSec }: Share): Promise<void> => {
      const used = Math.max(0, chargedCoreSec - (world.advanced.get(`${kind} ${name}`) ?? 0));
      await db.run(sql`UPDATE share SET charged = ${used} WHERE kind = ${kind} AND name = ${name}`);
    };
    for (const share of world.shares.values()) {
      if (this.#dirtyShares.has(share.name)) await write("facility", share);
    }
    for (const share of world.groupShares.values()) {
      if (this.#dirtyGroups.has(share.name)) await write("group", share);
    }
    this.#dirtyShares.clear();
    this.#dirtyGroups.clear();
  }
}
