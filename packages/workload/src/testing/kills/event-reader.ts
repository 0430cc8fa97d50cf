import { type Database, sql } from "@almagest/database";
import { createStompBus } from "@almagest/messages";

/** What reads the broker's topics while everything else dies. */
export interface EventReader extends AsyncDisposable {
  /** What is wrong with what came: waits until every committed line has, or for `patienceMs` nothing more. */
  judge(db: Database, patienceMs: number): Promise<string[]>;
}

const TOPICS = { a: "panda.jobstatus", t: "panda.taskstatus", w: "harvester.workerstatus" } as const;

/** Subscribes durably, so that the broker keeps what comes while the reader is without it. */
export async function readEvents(broker: {
  readonly port: number;
  readonly login: string;
  readonly passcode: string;
}): Promise<EventReader> {
  const bus = await createStompBus({ host: "127.0.0.1", ...broker, clientId: "reader" });
  const seen = new Map<number, string>();
  const twofold = new Set<number>();
  for (const topic of Object.values(TOPICS)) {
    await bus.subscribe(
      `/topic/${topic}`,
      ({ headers }) => {
        const seq = Number(headers["almagest-seq"]);
        const before = seen.get(seq);
        const { status, jobid, taskid, workerid } = headers;
        const text = [topic, status, workerid, taskid, jobid].join(" ");
        if (before !== undefined && before !== text) twofold.add(seq);
        seen.set(seq, text);
      },
      { durable: topic },
    );
  }
  return {
    async judge(db, patienceMs) {
      const rows = await db.rows(sql`SELECT seq FROM event_log WHERE subject IN ('a', 't', 'w')`);
      const lines = new Set(rows.map(([seq]) => Number(seq)));
      const lost = (): number => [...lines].filter((seq) => !seen.has(seq)).length;
      for (let known = -1, end = 0; lost() > 0; ) {
        if (seen.size > known) end = performance.now() + patienceMs;
        else if (performance.now() > end) break;
        known = seen.size;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      const counts = {
        "events lost": lost(),
        "events of what was never committed": [...seen.keys()].filter((seq) => !lines.has(seq)).length,
        "events that came twice with other contents": twofold.size,
      };
      return Object.entries(counts).flatMap(([what, count]) => (count === 0 ? [] : [`${what}: ${count}`]));
    },
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
}
