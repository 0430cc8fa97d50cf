import { AlmagestError } from "@almagest/base";
import { type Database, type Dialect, sql } from "@almagest/database";

/** Version of the tables below; a database of another version is refused. */
export const SCHEMA_VERSION = 2;

/** What both attempt tables hold. The wide numbers come first, so that PostgreSQL needs no padding. */
const ATTEMPT = `job_id BIGINT NOT NULL,
  created_ms BIGINT NOT NULL, changed_ms BIGINT NOT NULL, heartbeat_ms BIGINT NOT NULL, start_ms BIGINT NOT NULL,
  end_ms BIGINT NOT NULL, max_memory_kb BIGINT NOT NULL, cpu_sec DOUBLE PRECISION NOT NULL, nr INTEGER NOT NULL,
  queue_id INTEGER NOT NULL, priority INTEGER NOT NULL, memory_mb INTEGER NOT NULL, wall_sec INTEGER NOT NULL,
  cores INTEGER NOT NULL, hold_outputs INTEGER NOT NULL, code INTEGER, exit_code INTEGER, status TEXT NOT NULL,
  worker TEXT NOT NULL, batch_id TEXT NOT NULL, source TEXT, diag TEXT`;

/**
 * The tables in words that both databases know.
 *
 * What changes often is narrow and has no index on what changes, so that PostgreSQL rewrites a row within its page (a HOT
 * update, no index touched, no bloat): `job` is found by id and task only, what is ready stands in `ready_job`. An attempt
 * lives in the small table `attempt`; when it has ended it goes once, and for ever, to `past_attempt`. The event log is
 * in partitions that are dropped whole.
 */
function tables(dialect: Dialect): string {
  const sqlite = dialect === "sqlite";
  const id = sqlite ? "INTEGER" : "BIGINT";
  const clustered = sqlite ? " WITHOUT ROWID" : "";
  const roomy = sqlite ? "" : " WITH (fillfactor = 60)";
  const hot = sqlite
    ? ""
    : " WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0)";
  const queueLike = sqlite
    ? ""
    : " WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0)";
  const partitioned = sqlite ? "" : " PARTITION BY RANGE (seq)";
  return `
CREATE TABLE workload_version (version INTEGER NOT NULL);
CREATE TABLE writer (one INTEGER PRIMARY KEY CHECK (one = 1), epoch BIGINT NOT NULL, last_commit BIGINT NOT NULL)${hot};
CREATE TABLE workflow (id ${id} PRIMARY KEY, submit_key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, owner TEXT NOT NULL,
  status TEXT NOT NULL, first_job ${id} NOT NULL, job_count ${id} NOT NULL, accepted ${id} NOT NULL,
  digest TEXT NOT NULL, created_ms BIGINT NOT NULL);
CREATE TABLE task_spec (id ${id} PRIMARY KEY, workflow_id ${id} NOT NULL REFERENCES workflow (id), label TEXT NOT NULL,
  spec TEXT NOT NULL);
CREATE TABLE task (id ${id} PRIMARY KEY, waiting ${id} NOT NULL, ready ${id} NOT NULL, active ${id} NOT NULL,
  finished ${id} NOT NULL, failed ${id} NOT NULL, pruned ${id} NOT NULL, cancelled ${id} NOT NULL,
  status TEXT NOT NULL, before TEXT)${hot};
CREATE TABLE resource_class (id ${id} PRIMARY KEY, task_id ${id} NOT NULL, boosted INTEGER NOT NULL,
  request TEXT NOT NULL);
CREATE TABLE job (id ${id} PRIMARY KEY, task_id ${id} NOT NULL, class_id ${id} NOT NULL, attempt_id ${id} NOT NULL,
  spare_id ${id} NOT NULL, waiting INTEGER NOT NULL, failures INTEGER NOT NULL, tries INTEGER NOT NULL,
  priority INTEGER NOT NULL, status TEXT NOT NULL)${roomy};
CREATE INDEX job_task ON job (task_id, id);
CREATE TABLE ready_job (class_id ${id} NOT NULL, id ${id} NOT NULL, PRIMARY KEY (class_id, id))${clustered}${queueLike};
CREATE TABLE job_detail (id ${id} PRIMARY KEY, name TEXT NOT NULL, payload TEXT);
CREATE INDEX job_name ON job_detail (name);
CREATE TABLE edge (parent ${id} NOT NULL, child ${id} NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (parent, child))${clustered};
CREATE INDEX edge_child ON edge (child);
CREATE TABLE attempt (id ${id} PRIMARY KEY, ${ATTEMPT})${hot};
CREATE TABLE past_attempt (id ${id} PRIMARY KEY, ${ATTEMPT});
CREATE INDEX past_attempt_job ON past_attempt (job_id);
CREATE VIEW every_attempt AS SELECT * FROM attempt UNION ALL SELECT * FROM past_attempt;
CREATE TABLE lease (request TEXT PRIMARY KEY, attempts TEXT NOT NULL, time_ms BIGINT NOT NULL);
CREATE TABLE queue (id ${id} PRIMARY KEY, name TEXT NOT NULL UNIQUE, spec TEXT NOT NULL);
CREATE TABLE share (kind TEXT NOT NULL, name TEXT NOT NULL, target DOUBLE PRECISION NOT NULL,
  charged DOUBLE PRECISION NOT NULL, PRIMARY KEY (kind, name))${hot};
CREATE TABLE refusal (class_id ${id} NOT NULL, queue_id ${id} NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL,
  time_ms BIGINT NOT NULL, PRIMARY KEY (class_id, queue_id));
CREATE TABLE learned_use (label TEXT PRIMARY KEY, value TEXT NOT NULL)${hot};
CREATE TABLE retry_rule (position INTEGER PRIMARY KEY, rule TEXT NOT NULL);
CREATE TABLE worker (id ${id} PRIMARY KEY, harvester TEXT NOT NULL, queue_id ${id} NOT NULL, batch_id TEXT NOT NULL,
  status TEXT NOT NULL, created_ms BIGINT NOT NULL, changed_ms BIGINT NOT NULL, text TEXT NOT NULL);
CREATE TABLE output_file (job_id ${id} NOT NULL, name TEXT NOT NULL, attempt_id ${id} NOT NULL, status TEXT NOT NULL,
  size_bytes BIGINT, checksum TEXT, guid TEXT, endpoint TEXT, url TEXT, PRIMARY KEY (job_id, name));
CREATE TABLE event_log (seq ${id} PRIMARY KEY, time_ms BIGINT NOT NULL, id ${id} NOT NULL, job_id ${id} NOT NULL,
  subject TEXT NOT NULL, what TEXT NOT NULL, detail TEXT)${partitioned};
CREATE INDEX event_job ON event_log (job_id);
CREATE TABLE subscriber (name TEXT PRIMARY KEY, seq ${id} NOT NULL)${hot};
INSERT INTO workload_version VALUES (${SCHEMA_VERSION});
INSERT INTO writer VALUES (1, 0, 0);
`;
}

/** Makes the tables in an empty database; leaves one that has them. Throws `WORKLOAD.VERSION` for another version. */
export async function createSchema(db: Database): Promise<void> {
  if (db.dialect === "sqlite") {
    // Readers do not wait for the writer, and a commit is one append and one sync.
    await db.script("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000");
  }
  const make = async (): Promise<void> => {
    if ((await db.columnNames("workload_version")) === undefined) return db.script(tables(db.dialect));
    const version = (await db.rows(sql`SELECT version FROM workload_version`))[0]?.[0];
    if (version === SCHEMA_VERSION) return;
    throw new AlmagestError(
      "WORKLOAD.VERSION",
      `The workload database has tables of version ${version}, this program knows ${SCHEMA_VERSION}.`,
      { fields: { version } },
    );
  };
  await db.transaction(make, { lock: "workload schema" });
}
