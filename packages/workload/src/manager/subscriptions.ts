import { sql } from "@almagest/database";
import { readSubscribers } from "../store/event-log.ts";
import type { Commit } from "./commit.ts";

/** The last line that a subscriber acknowledged; one that is new starts with what comes from now on. */
export async function subscribe({ db, world }: Commit, name: string): Promise<number> {
  const known = (await readSubscribers(db)).get(name);
  if (known !== undefined) return known;
  const seq = world.next.event - 1;
  await db.insertMany("subscriber", ["name", "seq"], [[name, seq]]);
  return seq;
}

/** A subscriber has passed on all lines up to `seq`. */
export async function acknowledge({ db }: Commit, name: string, seq: number): Promise<void> {
  await db.run(sql`UPDATE subscriber SET seq = ${seq} WHERE name = ${name} AND seq < ${seq}`);
}

/** Forgets a subscriber. */
export async function unsubscribe({ db }: Commit, name: string): Promise<void> {
  await db.run(sql`DELETE FROM subscriber WHERE name = ${name}`);
}
