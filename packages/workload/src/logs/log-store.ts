import { type Database, joinSql, openSqlite, rawSql, sql } from "@almagest/database";

/** A line of a payload's or pilot's log, with what it belongs to (0 and empty where it belongs to none). */
export interface LogLine {
  readonly timeMs: number;
  readonly workflowId: number;
  /** Label of the task. */
  readonly task: string;
  readonly jobId: number;
  readonly attemptId: number;
  readonly queue: string;
  /** `debug`, `info`, `warn`, `error`. */
  readonly level: string;
  readonly text: string;
}

/** Which lines are asked for; all conditions must hold. */
export interface LogFilter {
  readonly workflowId?: number;
  /** Of any of these: the workflows of a campaign. */
  readonly workflowIds?: readonly number[];
  readonly task?: string;
  readonly jobId?: number;
  readonly attemptId?: number;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Stands in the line, in either case. */
  readonly text?: string;
  /** Only lines that arrived after this one. */
  readonly after?: number;
  /** 1000 unless told. */
  readonly limit?: number;
}

/** A line as it is found: numbers grow in the order of arrival. */
export interface FoundLine extends LogLine {
  readonly id: number;
}

const COLUMNS = ["time_ms", "workflow_id", "task", "job_id", "attempt_id", "queue", "level", "text"];

/** Lines between two looks for old ones. */
const TRIM_EVERY = 100_000;

const TABLES = `
PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS log_line (id INTEGER PRIMARY KEY AUTOINCREMENT, time_ms INTEGER NOT NULL,
  workflow_id INTEGER NOT NULL, task TEXT NOT NULL, job_id INTEGER NOT NULL, attempt_id INTEGER NOT NULL,
  queue TEXT NOT NULL, level TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS log_workflow ON log_line (workflow_id, id);
CREATE INDEX IF NOT EXISTS log_job ON log_line (job_id, id);
CREATE INDEX IF NOT EXISTS log_time ON log_line (time_ms);
`;

/** The central store of logs: an SQLite file of its own, so that a flood of lines never delays the manager's commits. */
export class LogStore implements AsyncDisposable {
  readonly #db: Database;
  readonly #keep: number;
  #sinceTrim = 0;

  constructor(db: Database, keep: number) {
    this.#db = db;
    this.#keep = keep;
  }

  /** Adds lines; they are found at once. */
  async append(lines: readonly LogLine[]): Promise<void> {
    const rows = lines.map((line) => [
      ...[
        line.timeMs,
        line.workflowId,
        line.task,
        line.jobId,
        line.attemptId,
        line.queue,
        line.level,
        line.text,
      ],
    ]);
    await this.#db.insertMany("log_line", COLUMNS, rows);
    this.#sinceTrim += rows.length;
    if (this.#sinceTrim < TRIM_EVERY) return;
    this.#sinceTrim = 0;
    await this.trim();
  }

  /** Lines in the order of their arrival; with a limit the first, or without `after` the last so many. */
  async search(filter: LogFilter): Promise<FoundLine[]> {
    const { workflowId, workflowIds, task, jobId, attemptId } = filter;
    const { fromMs, toMs, text, after, limit = 1000 } = filter;
    const conditions = [
      ...(workflowId === undefined ? [] : [sql`AND workflow_id = ${workflowId}`]),
      ...(workflowIds === undefined ? [] : [sql`AND workflow_id IN (${joinSql([...workflowIds])})`]),
      ...(task === undefined ? [] : [sql`AND task = ${task}`]),
      ...(jobId === undefined ? [] : [sql`AND job_id = ${jobId}`]),
      ...(attemptId === undefined ? [] : [sql`AND attempt_id = ${attemptId}`]),
      ...(fromMs === undefined ? [] : [sql`AND time_ms >= ${fromMs}`]),
      ...(toMs === undefined ? [] : [sql`AND time_ms <= ${toMs}`]),
      ...(text === undefined ? [] : [sql`AND instr(lower(text), ${text.toLowerCase()}) > 0`]),
      ...(after === undefined ? [] : [sql`AND id > ${after}`]),
    ];
    const where = conditions.reduce((all, each) => sql`${all} ${each}`, sql``);
    const order = rawSql(after === undefined ? "DESC" : "ASC");
    const rows = await this.#db.rows(
      sql`SELECT id, ${rawSql(COLUMNS.join(", "))} FROM log_line WHERE 1 = 1 ${where} ORDER BY id ${order} LIMIT ${limit}`,
    );
    const found = rows.map((row) => ({
      id: Number(row[0]),
      timeMs: Number(row[1]),
      workflowId: Number(row[2]),
      task: String(row[3]),
      jobId: Number(row[4]),
      attemptId: Number(row[5]),
      queue: String(row[6]),
      level: String(row[7]),
      text: String(row[8]),
    }));
    return after === undefined ? found.reverse() : found;
  }

  /** Drops the oldest lines beyond what is kept. */
  async trim(): Promise<void> {
    const newest = Number((await this.#db.rows(sql`SELECT MAX(id) FROM log_line`))[0]?.[0] ?? 0);
    await this.#db.run(sql`DELETE FROM log_line WHERE id <= ${newest - this.#keep}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#db.close();
  }
}

/** Opens a store on an SQLite file (`:memory:` for tests), made when absent; it keeps the last 10,000,000 lines unless told. */
export async function openLogStore(path: string, keep = 10_000_000): Promise<LogStore> {
  const db = await openSqlite(path, { mustExist: false });
  await db.script(TABLES);
  return new LogStore(db, keep);
}
