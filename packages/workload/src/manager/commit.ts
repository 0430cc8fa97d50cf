import { canonicalJson } from "@almagest/base";
import { type Database, sql } from "@almagest/database";
import type { Attempt, Failure } from "../core/attempt-state.ts";
import type { Job } from "../core/job-state.ts";
import type { Judge, Message, Verdicts } from "../core/settle.ts";
import { createSlice, type LogEntry, type Slice } from "../core/slice.ts";
import { stepTask, type TaskEvent } from "../core/task-state.ts";
import { createLearnedUse, learnUse } from "../scheduling/learn-usage.ts";
import type { ResourceRequest } from "../scheduling/resources.ts";
import { decideRetry } from "../scheduling/retry-rules.ts";
import { flushSlice, settleInDatabase } from "../store/slice-store.ts";
import { classKey, type World } from "./world.ts";

const TASK_COLUMNS = [
  "id",
  "workflow_id",
  "label",
  "spec",
  "status",
  "before",
  "waiting",
  "ready",
  "active",
  "finished",
  "failed",
  "pruned",
  "cancelled",
];

/** One transaction of the manager: the rows it read, the tables in memory, and what must be written at its end. */
export class Commit implements Judge {
  readonly db: Database;
  readonly world: World;
  readonly nowMs: number;
  readonly slice: Slice = createSlice();
  /** All lines logged in this commit, for those who listen. */
  readonly logged: LogEntry[] = [];
  readonly #dirtyTasks = new Set<number>();
  readonly #dirtyLabels = new Set<string>();
  readonly #dirtyShares = new Set<string>();

  constructor(db: Database, world: World, nowMs: number) {
    this.db = db;
    this.world = world;
    this.nowMs = nowMs;
  }

  /** Settles messages, then books what they changed in the counts and tasks. */
  async tell(messages: readonly Message[]): Promise<Verdicts> {
    if (messages.length === 0) return [];
    const verdicts = await settleInDatabase(this.db, this.slice, messages, this, this.nowMs);
    this.book();
    return verdicts;
  }

  /** Moves the counts of tasks, classes and queues as the slice says. */
  book(): void {
    const { slice, world } = this;
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

  /** Has a task written at the end of the commit. */
  touchTask(taskId: number): void {
    this.#dirtyTasks.add(taskId);
  }

  log(subject: LogEntry["subject"], id: number, what: string, detail?: string): void {
    this.slice.log.push({ timeMs: this.nowMs, subject, id, what, detail });
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

  /** Charges a facility's share; negative gives back. */
  charge(facility: string, coreSec: number): void {
    const share = this.world.shares.get(facility);
    if (share === undefined) return;
    this.world.shares.set(facility, {
      ...share,
      chargedCoreSec: Math.max(0, share.chargedCoreSec + coreSec),
    });
    this.#dirtyShares.add(facility);
  }

  /** What an attempt really used replaces what was expected of it when it was assigned. */
  ended(attempt: Attempt): void {
    const queue = this.world.queues.get(attempt.queueId);
    if (queue === undefined) return;
    const usedSec = attempt.startMs === 0 ? 0 : (attempt.endMs - attempt.startMs) / 1000;
    this.charge(queue.facility, attempt.cores * (usedSec - attempt.wallSec));
  }

  /** Writes everything that changed. */
  async flush(): Promise<void> {
    const { db, world } = this;
    this.book();
    await this.#writeClasses();
    this.logged.push(...this.slice.log);
    await flushSlice(db, this.slice);
    if (this.#dirtyTasks.size > 0) {
      const rows = Array.from(this.#dirtyTasks, (id) => {
        const { workflowId, spec, state } = world.tasks.get(id)!;
        const { waiting, ready, active, finished, failed, pruned, cancelled } = state.counts;
        const counts = [waiting, ready, active, finished, failed, pruned, cancelled];
        return [
          id,
          workflowId,
          spec.label,
          canonicalJson(spec),
          state.status,
          state.before ?? null,
          ...counts,
        ];
      });
      this.#dirtyTasks.clear();
      await db.insertMany("task", TASK_COLUMNS, rows, { onConflict: { replaceBy: ["id"] } });
    }
    for (const label of this.#dirtyLabels) {
      const row = [label, canonicalJson(world.learned.get(label))];
      await db.insertMany("learned_use", ["label", "value"], [row], { onConflict: { replaceBy: ["label"] } });
    }
    this.#dirtyLabels.clear();
    for (const facility of this.#dirtyShares) {
      const { chargedCoreSec } = world.shares.get(facility)!;
      await db.run(sql`UPDATE facility_share SET charged = ${chargedCoreSec} WHERE facility = ${facility}`);
    }
    this.#dirtyShares.clear();
  }
}
