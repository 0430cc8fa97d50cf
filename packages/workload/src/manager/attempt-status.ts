import { type Database, rawSql } from "@almagest/database";
import { selectByIds } from "../store/bulk-sql.ts";
import type { World } from "./world.ts";

/** Where an attempt stands: its status, and which of its job's tries it is. */
export interface AttemptStanding {
  readonly id: number;
  readonly status: string;
  readonly nr: number;
}

/** Status of attempts by id, those that live from memory; unknown ids are left out. */
export async function readAttemptStatus(
  db: Database,
  { live: { attempts } }: World,
  ids: readonly number[],
): Promise<readonly AttemptStanding[]> {
  const live = ids.flatMap((id) => attempts.get(id) ?? []);
  const past = ids.filter((id) => !attempts.has(id));
  const rows = await selectByIds(db, rawSql("SELECT id, status, nr FROM past_attempt WHERE id"), past);
  return [
    ...live.map(({ id, status, nr }) => ({ id, status, nr })),
    ...rows.map(([id, status, nr]) => ({ id: Number(id), status: String(status), nr: Number(nr) })),
  ];
}
