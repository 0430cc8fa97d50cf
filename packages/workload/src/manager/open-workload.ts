import { type Database, openPostgres, openSqlite } from "@almagest/database";
import { createSchema } from "../store/schema.ts";
import { createSteadyClock } from "./steady-clock.ts";
import { type ManagerOptions, WorkloadManager } from "./workload-manager.ts";
import { loadWorld } from "./world.ts";
import { becomeWriter } from "./writer.ts";

/** Opens a manager on a database that `createSchema` can use. */
export async function createWorkloadManager(
  db: Database,
  options: ManagerOptions = {},
): Promise<WorkloadManager> {
  await createSchema(db);
  await becomeWriter(db);
  const clock = options.clock ?? createSteadyClock();
  return new WorkloadManager(db, await loadWorld(db, clock.nowMs()), { ...options, clock });
}

/** Opens a manager on an SQLite file, made when absent (`:memory:` for tests), or on an empty PostgreSQL database
 * (`postgresql://…`) or one that a manager made. */
export async function openWorkload(place: string, options: ManagerOptions = {}): Promise<WorkloadManager> {
  const db = /^postgres(ql)?:/.test(place)
    ? await openPostgres(place, { connections: 4 })
    : await openSqlite(place, { mustExist: false });
  try {
    return await createWorkloadManager(db, options);
  } catch (error) {
    await db.close();
    throw error;
  }
}
