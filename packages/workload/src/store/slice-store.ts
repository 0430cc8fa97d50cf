import { type Database, rawSql, type Sql, type SqlValue } from "@almagest/database";
import { type Attempt, isAttemptOver } from "../core/attempt-state.ts";
import type { Judge } from "../core/settle.ts";
import { type Message, settle, type Verdicts } from "../core/settle.ts";
import type { Edge, Need, Slice } from "../core/slice.ts";
import { deleteRows, insertRows, selectByIds, updateRows } from "./bulk-sql.ts";
import type { LiveRows } from "./live-rows.ts";
import {
  ATTEMPT_COLUMNS,
  ATTEMPT_NAMES,
  fromAttemptRow,
  fromJobRow,
  JOB_COLUMNS,
  JOB_NAMES,
  LIVE_COLUMNS,
  toAttemptRow,
  toJobRow,
  toLiveRow,
} from "./rows.ts";
import { writeTogether } from "./write-together.ts";

const JOBS = rawSql(`SELECT ${JOB_NAMES} FROM job WHERE id`);
const PAST = rawSql(`SELECT ${ATTEMPT_NAMES} FROM past_attempt WHERE id`);
const CHILDREN = rawSql("SELECT parent, child, kind FROM edge WHERE parent");
const PARENTS = rawSql("SELECT child, parent, kind FROM edge WHERE child");

async function loadEdges(
  db: Database,
  head: Sql,
  ids: readonly number[],
  into: Map<number, readonly Edge[]>,
): Promise<void> {
  if (ids.length === 0) return;
  const lists = new Map<number, Edge[]>(ids.map((id) => [id, []]));
  for (const [from, to, kind] of await selectByIds(db, head, ids)) {
    lists.get(Number(from))!.push({ job: Number(to), kind: kind as Edge["kind"] });
  }
  for (const [id, edges] of lists) into.set(id, edges);
}

/** Puts the rows asked for in the slice: from memory what lives, from the database the rest. Ids without a row stay
 * absent. */
export async function loadNeed(db: Database, live: LiveRows, slice: Slice, need: Need): Promise<void> {
  const past: number[] = [];
  for (const id of need.attempts) {
    const attempt = live.attempts.get(id);
    if (attempt === undefined) past.push(id);
    else slice.attempts.set(id, attempt);
  }
  for (const row of await selectByIds(db, PAST, past)) {
    const attempt = fromAttemptRow(row);
    slice.attempts.set(attempt.id, attempt);
  }
  const idle: number[] = [];
  for (const id of need.jobs) {
    const job = live.jobs.get(id);
    if (job === undefined) idle.push(id);
    else slice.jobs.set(id, job);
  }
  for (const row of await selectByIds(db, JOBS, idle)) {
    const job = fromJobRow(row);
    slice.jobs.set(job.id, job);
  }
  await loadEdges(db, CHILDREN, need.childrenOf, slice.children);
  await loadEdges(db, PARENTS, need.parentsOf, slice.parents);
}

/** Settles messages against the database, inside the caller's transaction. */
export async function settleInDatabase(
  db: Database,
  live: LiveRows,
  slice: Slice,
  messages: readonly Message[],
  judge: Judge,
  nowMs: number,
): Promise<Verdicts> {
  const steps = settle(slice, messages, judge, nowMs);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    await loadNeed(db, live, slice, step.value);
  }
}

/** Writes the jobs and attempts that changed since the last flush. The rows stay in the slice, so later reads see them. */
export async function flushSlice(db: Database, slice: Slice): Promise<void> {
  const made: Attempt[] = [];
  const moved: Attempt[] = [];
  const over: Attempt[] = [];
  for (const id of slice.changedAttempts) {
    const attempt = slice.attempts.get(id)!;
    if (isAttemptOver(attempt)) over.push(attempt);
    else (slice.newAttempts.has(id) ? made : moved).push(attempt);
  }
  const stored = over.filter(({ id }) => !slice.newAttempts.has(id));
  const toJobRows = (): SqlValue[][] => Array.from(slice.changedJobs, (id) => toJobRow(slice.jobs.get(id)!));
  await writeTogether(db, [
    () => updateRows(db, "job", JOB_COLUMNS, toJobRows()),
    () => deleteRows(db, "ready_job", READY_COLUMNS, toReadyRows(slice.readyOut)),
    () => insertRows(db, "ready_job", READY_COLUMNS, toReadyRows(slice.readyIn)),
    () => insertRows(db, "attempt", ATTEMPT_COLUMNS, made.map(toAttemptRow)),
    () => updateRows(db, "attempt", LIVE_COLUMNS, moved.map(toLiveRow)),
    () =>
      deleteRows(
        db,
        "attempt",
        ID_COLUMN,
        stored.map(({ id }) => [id]),
      ),
    () => insertRows(db, "past_attempt", ATTEMPT_COLUMNS, over.map(toAttemptRow)),
  ]);
  slice.changedJobs.clear();
  slice.readyOut.clear();
  slice.readyIn.clear();
  slice.changedAttempts.clear();
  slice.newAttempts.clear();
}

const ID_COLUMN = { id: "bigint" } as const;

const READY_COLUMNS = { class_id: "bigint", id: "bigint" } as const;

const toReadyRows = (map: ReadonlyMap<number, number>): number[][] =>
  Array.from(map, ([id, classId]) => [classId, id]);
