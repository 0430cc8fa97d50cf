import type { Database } from "@almagest/database";

const MAX_ENTRIES = 200_000;

/** Keeps what was read from the database until someone else changes it. */
export interface ForeignCache<V> {
  /** Drops everything if another connection has changed the database since the last call. */
  refresh(): Promise<void>;
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  clear(): void;
}

/** A cache over a database; where the database cannot tell of others' changes, every refresh empties it. */
export function createForeignCache<V>(db: Database): ForeignCache<V> {
  const entries = new Map<string, V>();
  let seen: number | undefined;
  return {
    refresh: async () => {
      const now = await db.foreignChanges();
      if (now === undefined || now !== seen || entries.size > MAX_ENTRIES) entries.clear();
      seen = now;
    },
    get: (key) => entries.get(key),
    set: (key, value) => void entries.set(key, value),
    delete: (key) => void entries.delete(key),
    clear: () => entries.clear(),
  };
}
