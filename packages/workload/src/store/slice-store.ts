import { type Database, joinSql, type Row, rawSql, type Sql, sql } from "@almagest/database";
import type { Judge } from "../core/settle.ts";
import { type Message, settle, type Verdicts } from "../core/settle.ts";
import type { Edge, Need, Slice } from "../core/slice.ts";
import { ATTEMPT_COLUMNS, fromAttemptRow, fromJobRow, JOB_COLUMNS, toAttemptRow, toJobRow } from "./rows.ts";

const JOBS = rawSql(`SELECT ${JOB_COLUMNS.join(", ")} FROM job WHERE id IN `);
const ATTEMPTS = rawSql(`SELECT ${ATTEMPT_COLUMNS.join(", ")} FROM attempt WHERE id IN `);
const CHILDREN = rawSql("SELECT parent, child, kind FROM edge WHERE parent IN ");
const PARENTS = rawSql("SELECT child, parent, kind FROM edge WHERE child IN ");

/** Lists come in few lengths (the last id repeated), so that the database prepares few statements. */
const LENGTHS = [1, 8, 64, 512] as const;

async function selectIn(db: Database, head: Sql, ids: readonly number[]): Promise<Row[]> {
  const found: Row[] = [];
  for (let start = 0; start < ids.length; start += 512) {
    const part = ids.slice(start, start + 512);
    const length = LENGTHS.find((size) => size >= part.length)!;
    while (part.length < length) part.push(part.at(-1)!);
    found.push(...(await db.rows(sql`${head}(${joinSql(part)})`)));
  }
  return found;
}

async function loadEdges(
  db: Database,
  head: Sql,
  ids: readonly number[],
  into: Map<number, readonly Edge[]>,
): Promise<void> {
  if (ids.length === 0) return;
  const lists = new Map<number, Edge[]>(ids.map((id) => [id, []]));
  for (const [from, to, kind] of await selectIn(db, head, ids)) {
    lists.get(Number(from))!.push({ job: Number(to), kind: kind as Edge["kind"] });
  }
  for (const [id, edges] of lists) into.set(id, edges);
}

/** Puts the rows asked for in the slice. Ids without a row stay absent. */
export async function loadNeed(db: Database, slice: Slice, need: Need): Promise<void> {
  if (need.attempts.length > 0) {
    for (const row of await selectIn(db, ATTEMPTS, need.attempts)) {
      const attempt = fromAttemptRow(row);
      slice.attempts.set(attempt.id, attempt);
    }
  }
  if (need.jobs.length > 0) {
    for (const row of await selectIn(db, JOBS, need.jobs)) {
      const job = fromJobRow(row);
      slice.jobs.set(job.id, job);
    }
  }
  await loadEdges(db, CHILDREN, need.childrenOf, slice.children);
  await loadEdges(db, PARENTS, need.parentsOf, slice.parents);
}

/** Settles messages against the database, inside the caller's transaction. */
export async function settleInDatabase(
  db: Database,
  slice: Slice,
  messages: readonly Message[],
  judge: Judge,
  nowMs: number,
): Promise<Verdicts> {
  const steps = settle(slice, messages, judge, nowMs);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    await loadNeed(db, slice, step.value);
  }
}

/** Writes what changed since the last flush. The rows stay in the slice, so later reads see them. */
export async function flushSlice(db: Database, slice: Slice): Promise<void> {
  const onConflict = { replaceBy: ["id"] };
  if (slice.changedJobs.size > 0) {
    const rows = Array.from(slice.changedJobs, (id) => toJobRow(slice.jobs.get(id)!));
    await db.insertMany("job", JOB_COLUMNS, rows, { onConflict });
    slice.changedJobs.clear();
  }
  if (slice.changedAttempts.size > 0) {
    const rows = Array.from(slice.changedAttempts, (id) => toAttemptRow(slice.attempts.get(id)!));
    await db.insertMany("attempt", ATTEMPT_COLUMNS, rows, { onConflict });
    slice.changedAttempts.clear();
  }
  if (slice.log.length > 0) {
    const rows = slice.log.map(({ timeMs, subject, id, what, detail }) => [
      timeMs,
      subject,
      id,
      what,
      detail ?? null,
    ]);
    await db.insertMany("event_log", ["time_ms", "subject", "id", "what", "detail"], rows);
    slice.log.length = 0;
  }
}
