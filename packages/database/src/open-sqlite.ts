import { access } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { AlmagestError } from "@almagest/base";
import type { Database } from "./database.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import { createWalSync } from "./wal-sync.ts";

/** How to open an SQLite file. */
export interface SqliteOptions {
  readonly readOnly?: boolean;
  /** Fail when the file does not exist; true unless told. */
  readonly mustExist?: boolean;
  /** Set how the file is written safely: with a write-ahead log (one sync per commit, readers do not wait) or a rollback
   * journal. The file remembers; left as it is unless told. */
  readonly journal?: "wal" | "rollback";
  /** How long to wait for other writers; 300,000 as in the original. */
  readonly busyTimeoutMs?: number;
}

/** Opens an SQLite file (or `:memory:`) with foreign keys enforced. Throws `DATABASE.OPEN`, `DATABASE.CORRUPT`. */
export async function openSqlite(path: string, options: SqliteOptions = {}): Promise<Database> {
  const { readOnly = false, mustExist = true, busyTimeoutMs = 300_000 } = options;
  let db: DatabaseSync;
  try {
    if (mustExist && path !== ":memory:") await access(path);
    db = new DatabaseSync(path, { readOnly, enableForeignKeyConstraints: true, timeout: 0 });
  } catch (cause) {
    throw new AlmagestError(
      "DATABASE.OPEN",
      `Cannot open the database ${path}: ${(cause as Error).message}.`,
      {
        cause,
        fields: { path },
      },
    );
  }
  const settings = { busyTimeoutMs, readOnly };
  const database = new SqliteDatabase(db, settings);
  // Reads the file, and so waits for a writer: a page cache that fits a busy repository's indexes.
  await database.script("PRAGMA cache_size = -65536; PRAGMA synchronous = FULL");
  if (options.journal !== undefined) {
    await database.script(`PRAGMA journal_mode = ${options.journal === "wal" ? "WAL" : "DELETE"}`);
  }
  const [mode] = await database.rows({ texts: ["PRAGMA journal_mode"], values: [] });
  if (readOnly || mode?.[0] !== "wal") return database;
  await database.script("PRAGMA synchronous = NORMAL");
  return new SqliteDatabase(db, { ...settings, wal: createWalSync(path) });
}
