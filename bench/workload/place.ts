import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgres, sql } from "@almagest/database";
import { missingForPostgres, startPostgres } from "@almagest/servers";
import { type ManagerOptions, openWorkload, type QueueSpec, type WorkloadManager } from "@almagest/workload";

/** A database for one measurement. */
export interface Place {
  readonly name: "PostgreSQL" | "SQLite";
  readonly manager: WorkloadManager;
  /** Bytes on disk of tables and indexes (SQLite: of the file), without the write-ahead log. */
  bytes(): Promise<number>;
  /** Bytes by table with its indexes, the largest first; empty on SQLite. */
  byTable(): Promise<string>;
}

/** What a service would set: commits wait for the disk. */
const SETTINGS = [
  "shared_buffers = 1GB",
  "max_wal_size = 8GB",
  "checkpoint_timeout = 15min",
  "wal_compression = lz4",
  "max_parallel_workers_per_gather = 0",
  "jit = off",
  "autovacuum_naptime = 10s",
];

/** A generous queue. */
export const QUEUE: QueueSpec = {
  name: "Q",
  facility: "US",
  status: "online",
  cores: 32,
  memoryMb: 64_000,
  wallSec: 604_800,
  diskMb: 100_000,
  software: [],
  backlog: 4000,
};

/** How a place is made. */
export interface PlaceOptions {
  /** What stays there, so that a later measurement can go on with it; a folder that goes with the measurement unless told. */
  readonly kept?: string;
  readonly manager?: ManagerOptions;
}

async function onSqlite<T>(
  body: (place: Place) => Promise<T>,
  { kept, manager: options }: PlaceOptions,
): Promise<T> {
  if (kept !== undefined) await mkdir(kept, { recursive: true });
  const folder = kept ?? (await mkdtemp(join(tmpdir(), "bench-workload-")));
  const path = join(folder, "workload.db");
  const manager = await openWorkload(path, options);
  try {
    const bytes = async (): Promise<number> => (await stat(path)).size;
    return await body({ name: "SQLite", manager, bytes, byTable: async () => "" });
  } finally {
    await manager.close();
    if (kept === undefined) await rm(folder, { recursive: true });
  }
}

/** Runs a measurement on a PostgreSQL server of its own, or on SQLite where there is none (or `on` says so). */
export async function withPlace<T>(
  body: (place: Place) => Promise<T>,
  on: "PostgreSQL" | "SQLite" = missingForPostgres() === "" ? "PostgreSQL" : "SQLite",
  options: PlaceOptions = {},
): Promise<T> {
  if (on === "SQLite") return onSqlite(body, options);
  const server = await startPostgres(SETTINGS, options.kept);
  try {
    const url = server.createDatabase("bench");
    const manager = await openWorkload(url, options.manager);
    const db = await openPostgres(url);
    try {
      const bytes = async (): Promise<number> =>
        Number((await db.rows(sql`SELECT pg_database_size('bench')`))[0]![0]);
      const byTable = async (): Promise<string> => {
        const rows = await db.rows(sql`SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
          WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY pg_total_relation_size(oid) DESC LIMIT 8`);
        return rows.map(([name, table, indexes]) => `${name} ${table}+${indexes}`).join(", ");
      };
      return await body({ name: "PostgreSQL", manager, bytes, byTable });
    } finally {
      await manager.close();
      await db.close();
    }
  } finally {
    await server.stop();
  }
}
