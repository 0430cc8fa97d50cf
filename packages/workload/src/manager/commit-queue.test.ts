import assert from "node:assert/strict";
import { test } from "node:test";
import { AlmagestError, isAlmagestError } from "@almagest/base";
import { type Database, openPostgres, openSqlite, sql } from "@almagest/database";
import { simpleQueue } from "../testing/simple-queue.ts";
import { onEveryStore, usesStores } from "../testing/tested-stores.ts";
import type { JobSpec } from "../workflow-spec.ts";
import { createWorkloadManager, openWorkload } from "./open-workload.ts";

usesStores();

const open = (place: string): Promise<Database> =>
  place.startsWith("postgres") ? openPostgres(place) : openSqlite(place, { mustExist: false });

const unknown = (): AlmagestError =>
  new AlmagestError("DATABASE.COMMIT_UNKNOWN", "The connection broke while a transaction was committed.");

/** A real database whose connection breaks during COMMIT whenever `breaks` says so: after the commit, or before it. */
function withBrokenCommits(db: Database, breaks: () => "after" | "before" | undefined): Database {
  return new Proxy(db, {
    get(target, name) {
      if (name !== "transaction") {
        const value = Reflect.get(target, name) as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      }
      const transaction: Database["transaction"] = async (body, options) => {
        const when = breaks();
        const result = await target.transaction(async () => {
          const value = await body();
          if (when === "before") throw unknown();
          return value;
        }, options);
        if (when === "after") throw unknown();
        return result;
      };
      return transaction;
    },
  });
}

const JOBS = Array.from({ length: 12 }, (_, index): JobSpec => {
  return { name: `j${index}`, task: "x", parents: index < 3 ? [] : [index - 3] };
});
const SPEC = { key: "k", name: "w", tasks: [{ label: "x" }], jobCount: JOBS.length };

onEveryStore(
  "a connection that breaks during COMMIT loses nothing and does nothing twice",
  async (t, place) => {
    const db = await open(place);
    let commits = 0;
    const breaks = () => (++commits % 5 === 0 ? "after" : commits % 7 === 0 ? "before" : undefined);
    let armed = false;
    const manager = await createWorkloadManager(withBrokenCommits(db, () => (armed ? breaks() : undefined)));
    t.after(() => manager.close());
    armed = true;
    await manager.defineQueue(simpleQueue("Q", "US"));
    await manager.submit(SPEC, JOBS);
    for (let done = 0; done < JOBS.length; ) {
      const orders = await manager.acquire({ queue: "Q", worker: "w", count: 2, waitMs: 1000 });
      for (const { attemptId } of orders) {
        const outputs = [{ name: `out.${attemptId}` }];
        assert.equal((await manager.report({ attemptId, status: "finished", outputs })).verdict, "taken");
      }
      done += orders.length;
    }
    assert.ok(commits > 14, `${commits} commits`);
    const rows = await db.rows(
      sql`SELECT count(*), count(DISTINCT job_id) FROM past_attempt WHERE status = 'finished'`,
    );
    assert.deepEqual(rows[0]!.map(Number), [12, 12]);
    const events = await db.rows(sql`SELECT count(*), max(seq) FROM event_log`);
    assert.equal(Number(events[0]![0]), Number(events[0]![1]));
  },
);

onEveryStore("a manager that another one has replaced writes nothing more", async (t, place) => {
  const first = await openWorkload(place);
  t.after(() => first.close().catch(() => {}));
  await first.defineQueue(simpleQueue("Q", "US"));
  const second = await openWorkload(place);
  t.after(() => second.close());
  await assert.rejects(first.submit(SPEC, JOBS), (error) => isAlmagestError(error, "WORKLOAD.SUPERSEDED"));
  const { created } = await second.submit(SPEC, JOBS);
  assert.equal(created, true);
});

onEveryStore("one bad operation in a commit of many fails alone", async (t, place) => {
  const manager = await openWorkload(place);
  t.after(() => manager.close());
  await manager.defineQueue(simpleQueue("Q", "US"));
  await manager.submit(SPEC, JOBS);
  const orders = await manager.acquire({ queue: "Q", worker: "w", count: 3 });
  const answers = await Promise.allSettled([
    ...orders.map(({ attemptId }) => manager.report({ attemptId, status: "finished" })),
    manager.addWorkers("h", "nowhere", 1),
    manager.addWorkers("h", "elsewhere", 1),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    ["fulfilled", "fulfilled", "fulfilled", "rejected", "rejected"],
  );
  assert.equal(manager.task(orders[0]!.taskId)!.state.counts.finished, 3);
});

test("those who were answered together and ask again within some turns of the event loop share the next commit", async (t) => {
  const manager = await openWorkload(":memory:");
  t.after(() => manager.close());
  const commits = async (): Promise<number> =>
    Number(/^workload_commit_seconds_count (\d+)$/m.exec(await manager.metrics())![1]);
  const before = await commits();
  const ask = async (turns: number): Promise<void> => {
    for (let round = 0; round < 3; round++) {
      await manager.seeWorker(1, "running", "");
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(Array.from({ length: 6 }, (_, index) => ask(index)));
  const count = (await commits()) - before;
  assert.ok(count <= 4, `${count} commits for three rounds of six`);
});
