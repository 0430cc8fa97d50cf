import assert from "node:assert/strict";
import { createRandom } from "@almagest/base";
import { type Database, openPostgres, openSqlite, rawSql, sql } from "@almagest/database";
import { stepJob } from "../core/job-state.ts";
import { createSlice, putAttempt, putJob } from "../core/slice.ts";
import { type ModelMove, modelJudge, modelMoves } from "../testing/model-moves.ts";
import { createModelState, type Model, type ModelState, modelAttempt } from "../testing/model-state.ts";
import { onEveryStore, usesStores } from "../testing/tested-stores.ts";
import { insertRows } from "./bulk-sql.ts";
import { loadLiveRows } from "./live-rows.ts";
import { ATTEMPT_NAMES, fromAttemptRow, fromJobRow, JOB_COLUMNS, JOB_NAMES, toJobRow } from "./rows.ts";
import { createSchema } from "./schema.ts";
import { flushSlice, loadNeed, settleInDatabase } from "./slice-store.ts";

usesStores();

/** A diamond whose last job waits for the end of all, with every kind of trouble allowed. */
const MODEL: Model = {
  jobs: 5,
  edges: [
    { parent: 0, child: 1, kind: "success" },
    { parent: 0, child: 2, kind: "success" },
    { parent: 1, child: 3, kind: "success" },
    { parent: 2, child: 3, kind: "success" },
    { parent: 2, child: 4, kind: "end" },
    { parent: 3, child: 4, kind: "end" },
  ],
  maxAttempts: 3,
  userRetries: 4,
  speculations: 4,
  holdOutputs: false,
};

async function write(db: Database, state: ModelState): Promise<void> {
  await insertRows(db, "job", JOB_COLUMNS, state.jobs.map(toJobRow));
  const ready = state.jobs.filter(({ status }) => status === "ready").map(({ id, classId }) => [classId, id]);
  await insertRows(db, "ready_job", { class_id: "bigint", id: "bigint" }, ready);
  const edges = MODEL.edges.map(({ parent, child, kind }) => [parent + 1, child + 1, kind]);
  await insertRows(db, "edge", { parent: "bigint", child: "bigint", kind: "text" }, edges);
}

async function clear(db: Database): Promise<void> {
  for (const table of ["job", "ready_job", "edge", "attempt", "past_attempt"]) {
    await db.run(rawSql(`DELETE FROM ${table}`));
  }
}

/** Makes a move of the model in the database, as a commit of the manager would. */
async function move(db: Database, model: Model, { act }: ModelMove, attempts: number): Promise<void> {
  const live = await loadLiveRows(db);
  const slice = createSlice();
  await db.transaction(async () => {
    if (act.kind === "tell") await settleInDatabase(db, live, slice, [act.message], modelJudge(model), 0);
    else {
      await loadNeed(db, live, slice, { jobs: [act.jobId], attempts: [], childrenOf: [], parentsOf: [] });
      const job = slice.jobs.get(act.jobId)!;
      const { state } = stepJob(job, { kind: act.kind, attemptId: attempts + 1 });
      putJob(slice, job, state);
      putAttempt(slice, undefined, modelAttempt(model, attempts + 1, state));
    }
    live.follow(slice);
    await flushSlice(db, slice);
  });
  const read = await loadLiveRows(db);
  assert.deepEqual(
    [...live.attempts.values()],
    [...read.attempts.values()],
    "what is in memory is in the database",
  );
  const byId = (jobs: Iterable<{ id: number }>) => [...jobs].sort((a, b) => a.id - b.id);
  assert.deepEqual(byId(live.jobs.values()), byId(read.jobs.values()));
}

async function read(db: Database) {
  const jobs = (await db.rows(sql`SELECT ${rawSql(JOB_NAMES)} FROM job ORDER BY id`)).map(fromJobRow);
  const attempts = await db.rows(sql`SELECT ${rawSql(ATTEMPT_NAMES)} FROM every_attempt ORDER BY id`);
  const ready = await db.rows(sql`SELECT id FROM ready_job ORDER BY id`);
  return { jobs, attempts: attempts.map(fromAttemptRow), ready: ready.map(([id]) => Number(id)) };
}

onEveryStore(
  "what the store holds after any walk through the model is what the model says",
  async (t, place) => {
    const db = place.startsWith("postgres")
      ? await openPostgres(place)
      : await openSqlite(place, { mustExist: false });
    t.after(() => db.close());
    await createSchema(db);
    if (db.dialect === "sqlite") await db.script("PRAGMA synchronous = OFF");
    const random = createRandom("store model");
    for (let walk = 0; walk < 6; walk++) {
      const model = { ...MODEL, holdOutputs: walk % 2 === 1 };
      await clear(db);
      let state = createModelState(model);
      await write(db, state);
      for (let step = 0; step < 40; step++) {
        // Cancels end a walk soon, so they are rare.
        const moves = [...modelMoves(model, state)].filter(
          ({ name }) => !name.startsWith("cancel") || random.uniform() < 0.05,
        );
        const chosen = moves[random.integer(moves.length)];
        if (chosen === undefined) break;
        await move(db, model, chosen, state.attempts.length);
        state = chosen.next;
        const found = await read(db);
        assert.deepEqual(found.jobs, state.jobs, chosen.name);
        assert.deepEqual(found.attempts, state.attempts, chosen.name);
        assert.deepEqual(
          found.ready,
          state.jobs.filter(({ status }) => status === "ready").map(({ id }) => id),
        );
      }
    }
  },
);
