import { type Database, rawSql } from "@almagest/database";
import { selectByIds } from "../store/bulk-sql.ts";
import type { PublishedEvent } from "../store/event-log.ts";
import type { EventSubject } from "./event-message.ts";

/** What messages say of an event's subject besides, for a batch of events at once: one statement per kind. */
export async function readSubjects(
  db: Database,
  queueNames: ReadonlyMap<number, string>,
  events: readonly PublishedEvent[],
): Promise<(event: PublishedEvent) => EventSubject | undefined> {
  const idsOf = (kind: string, id: (event: PublishedEvent) => number): number[] => [
    ...new Set(events.filter(({ subject }) => subject === kind).map(id)),
  ];
  const read = (select: string, ids: readonly number[]) =>
    ids.length === 0 ? [] : selectByIds(db, rawSql(select), ids);
  const queue = (id: unknown): string => queueNames.get(Number(id)) ?? "";
  const jobIds = [...new Set([...idsOf("a", ({ jobId }) => jobId), ...idsOf("j", ({ id }) => id)])];
  const attempts = new Map(
    (
      await read(
        "SELECT id, queue_id FROM every_attempt WHERE id",
        idsOf("a", ({ id }) => id),
      )
    ).map((row) => [Number(row[0]), queue(row[1])]),
  );
  const names = new Map(
    (await read("SELECT id, name FROM job_detail WHERE id", jobIds)).map((row) => [
      Number(row[0]),
      String(row[1]),
    ]),
  );
  const workers = new Map(
    (
      await read(
        "SELECT id, queue_id, harvester, batch_id FROM worker WHERE id",
        idsOf("w", ({ id }) => id),
      )
    ).map((row): [number, EventSubject] => [
      Number(row[0]),
      { queue: queue(row[1]), harvester: String(row[2]), batchId: String(row[3]) },
    ]),
  );
  return ({ subject, id, jobId }) => {
    if (subject === "w") return workers.get(id);
    const jobName = names.get(jobId);
    return { queue: attempts.get(id) ?? "", ...(jobName === undefined ? {} : { jobName }) };
  };
}
