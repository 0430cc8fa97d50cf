import assert from "node:assert/strict";
import { openPostgres, openSqlite } from "@almagest/database";
import type { LogEntry } from "../core/slice.ts";
import { onEveryStore, usesStores } from "../testing/tested-stores.ts";
import { appendEvents, dropEvents, EVENTS_PER_PARTITION, readEvents } from "./event-log.ts";
import { createSchema } from "./schema.ts";

usesStores();

const lines = (count: number): LogEntry[] =>
  Array.from({ length: count }, (_, index) => ({
    timeMs: index,
    subject: "a",
    id: index,
    jobId: 1,
    what: "running",
    detail: undefined,
  }));

onEveryStore(
  "old parts of the log are dropped whole, and what is kept is read in order",
  async (t, place) => {
    const postgres = place.startsWith("postgres");
    const db = postgres ? await openPostgres(place) : await openSqlite(place, { mustExist: false });
    t.after(() => db.close());
    await createSchema(db);
    await appendEvents(db, 1, lines(3));
    await appendEvents(db, EVENTS_PER_PARTITION - 1, lines(3));
    await dropEvents(db, EVENTS_PER_PARTITION - 1);
    const before = (await readEvents(db, 0, 10)).map(({ seq }) => seq - EVENTS_PER_PARTITION);
    assert.deepEqual(before.slice(-3), [-1, 0, 1]);
    await dropEvents(db, EVENTS_PER_PARTITION);
    const after = (await readEvents(db, 0, 10)).map(({ seq }) => seq - EVENTS_PER_PARTITION);
    assert.deepEqual(after, [0, 1]);
  },
);
