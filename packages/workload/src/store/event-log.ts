import { type Database, type Row, rawSql, sql } from "@almagest/database";
import type { LogEntry } from "../core/slice.ts";
import { insertRows, selectByIds } from "./bulk-sql.ts";
import { EVENT_COLUMNS, toEventRow } from "./rows.ts";

/** Lines per partition of the log unless told; old ones are dropped by whole partitions. */
export const EVENTS_PER_PARTITION = 2_000_000;

/** A line of the log with its place in it: numbers grow in the order of the commits and are never used again. */
export interface WorkloadEvent extends LogEntry {
  readonly seq: number;
}

/** A line as subscribers read it: with the task that its job is of, 0 where there is none. */
export interface PublishedEvent extends WorkloadEvent {
  readonly taskId: number;
}

async function makePartition(db: Database, number: number): Promise<void> {
  const from = number * EVENTS_PER_PARTITION;
  const name = rawSql(`event_log_${number}`);
  const bounds = rawSql(`FROM (${from}) TO (${from + EVENTS_PER_PARTITION})`);
  await db.run(sql`CREATE TABLE IF NOT EXISTS ${name} PARTITION OF event_log FOR VALUES ${bounds}`);
}

/** Appends lines from number `first` on, in the caller's transaction. */
export async function appendEvents(db: Database, first: number, log: readonly LogEntry[]): Promise<void> {
  if (log.length === 0) return;
  if (db.dialect === "postgresql") {
    const last = Math.floor((first + log.length - 1) / EVENTS_PER_PARTITION);
    const before = Math.floor((first - 1) / EVENTS_PER_PARTITION);
    for (let number = first === 1 ? 0 : before + 1; number <= last; number++) await makePartition(db, number);
  }
  const rows = log.map((entry, index) => toEventRow(first + index, entry));
  await insertRows(db, "event_log", EVENT_COLUMNS, rows);
}

/** Drops what stands before number `keepFrom`: whole partitions on PostgreSQL, so it may keep somewhat more. */
export async function dropEvents(db: Database, keepFrom: number): Promise<void> {
  if (db.dialect === "sqlite") {
    await db.run(sql`DELETE FROM event_log WHERE seq < ${keepFrom}`);
    return;
  }
  const rows = await db.rows(
    sql`SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
      WHERE inhparent = 'event_log'::regclass ORDER BY child.relname`,
  );
  for (const [name] of rows) {
    const number = Number(/^event_log_(\d+)$/.exec(String(name))?.[1]);
    if ((number + 1) * EVENTS_PER_PARTITION <= keepFrom) {
      await db.run(sql`DROP TABLE ${rawSql(`event_log_${number}`)}`);
    }
  }
}

const COLUMNS = rawSql(Object.keys(EVENT_COLUMNS).join(", "));

function fromEventRow(row: Row): WorkloadEvent {
  return {
    seq: Number(row[0]),
    timeMs: Number(row[1]),
    id: Number(row[2]),
    jobId: Number(row[3]),
    subject: row[4] as LogEntry["subject"],
    what: String(row[5]),
    detail: row[6] === null ? undefined : String(row[6]),
  };
}

/** Lines after number `after`, in order, at most `limit`. */
export async function readEvents(db: Database, after: number, limit: number): Promise<PublishedEvent[]> {
  const rows = await db.rows(sql`SELECT seq, time_ms, event_log.id, job_id, subject, what, detail, job.task_id
    FROM event_log LEFT JOIN job ON job.id = event_log.job_id
    WHERE seq > ${after} ORDER BY seq LIMIT ${limit}`);
  return rows.map((row) => {
    const event = fromEventRow(row);
    return { ...event, taskId: event.subject === "t" ? event.id : Number(row[7] ?? 0) };
  });
}

/** Where each subscriber stands: the number of the last line it has passed on. */
export async function readSubscribers(db: Database): Promise<ReadonlyMap<string, number>> {
  const rows = await db.rows(sql`SELECT name, seq FROM subscriber`);
  return new Map(rows.map(([name, seq]) => [String(name), Number(seq)]));
}

/** The lines still kept about jobs and their attempts, by job and in order. */
export async function readLinesOfJobs(
  db: Database,
  jobIds: readonly number[],
): Promise<ReadonlyMap<number, readonly WorkloadEvent[]>> {
  const lines = new Map<number, WorkloadEvent[]>();
  const rows = await selectByIds(db, sql`SELECT ${COLUMNS} FROM event_log WHERE job_id`, jobIds);
  for (const event of rows.map(fromEventRow).sort((one, other) => one.seq - other.seq)) {
    const known = lines.get(event.jobId);
    if (known === undefined) lines.set(event.jobId, [event]);
    else known.push(event);
  }
  return lines;
}

/** All lines still kept about a job and its attempts, in order. */
export async function readJobEvents(db: Database, jobId: number): Promise<WorkloadEvent[]> {
  const rows = await db.rows(sql`SELECT ${COLUMNS} FROM event_log WHERE job_id = ${jobId} ORDER BY seq`);
  return rows.map(fromEventRow);
}
