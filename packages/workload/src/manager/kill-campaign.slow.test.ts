import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openPostgres, openSqlite } from "@almagest/database";
import { freePorts, missingForPostgres, startPostgres } from "@almagest/servers";
import { runKillCampaign } from "../testing/kills/kill-campaign.ts";

/** How often something is killed. `npm run bench -- workload` kills more, and broker, network and disk with it. */
const KILLS = Number(process.env.WORKLOAD_KILLS ?? 4);

test(`SQLite: ${KILLS} kills of server, harvester and pilots lose no job and run none to success twice`, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "crash-"));
  t.after(() => rm(folder, { recursive: true }));
  const place = join(folder, "w.db");
  const db = await openSqlite(place, { mustExist: false });
  t.after(() => db.close());
  const [port] = await freePorts(1);
  const outcome = await runKillCampaign({ place, db, folder, port: port!, kills: KILLS, seed: "sqlite" });
  assert.deepEqual(outcome.wrong, []);
});

test(`PostgreSQL: ${KILLS} kills of server, database, harvester and pilots lose no job and run none to success twice`, {
  skip: missingForPostgres() || false,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "crash-"));
  t.after(() => rm(folder, { recursive: true }));
  const server = await startPostgres();
  t.after(() => server.stop());
  const place = server.createDatabase("crash");
  const db = await openPostgres(place);
  t.after(() => db.close());
  const [port] = await freePorts(1);
  const cutDatabase = async (): Promise<void> => {
    await server.crash();
    await server.start();
  };
  const setup = { place, db, folder, port: port!, kills: KILLS, seed: "postgres", cutDatabase };
  assert.deepEqual((await runKillCampaign(setup)).wrong, []);
});
