import { AlmagestError } from "@almagest/base";
import { type Database, sql } from "@almagest/database";

const superseded = (): AlmagestError =>
  new AlmagestError(
    "WORKLOAD.SUPERSEDED",
    "Another workload manager has been opened on this database; this one writes nothing more.",
    // Whoever asked may ask the other one.
    { retryable: true },
  );

/** Makes the caller the only writer: whoever was it before is refused from now on, and what it was just writing is
 * either done or undone when this returns. */
export async function becomeWriter(db: Database): Promise<void> {
  await db.transaction(async () => {
    await db.run(sql`UPDATE writer SET epoch = epoch + 1, last_commit = 0`);
  });
}

/** The first statement of every commit: takes the row that all writers need, and numbers the commit. Throws
 * `WORKLOAD.SUPERSEDED` when another manager has taken over. */
export async function claim(db: Database, epoch: number, number: number): Promise<void> {
  if ((await db.run(sql`UPDATE writer SET last_commit = ${number} WHERE epoch = ${epoch}`)) !== 1)
    throw superseded();
}

/** The number of this writer's last commit; throws `WORKLOAD.SUPERSEDED`. */
export async function lastCommit(db: Database, epoch: number): Promise<number> {
  const row = (await db.rows(sql`SELECT last_commit FROM writer WHERE epoch = ${epoch}`))[0];
  if (row === undefined) throw superseded();
  return Number(row[0]);
}
