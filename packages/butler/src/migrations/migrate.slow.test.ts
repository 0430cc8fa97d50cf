import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { rawSql, sql } from "@almagest/database";
import { createRepository } from "../create-repository.ts";
import { openButler } from "../open-butler.ts";
import { createOldRepository } from "../testing/old-repository.ts";
import { createTestDatabase, registryOf, testOnEach } from "../testing/tested-registries.ts";
import { openForMigration, planMigrations, runMigration } from "./migrate-repository.ts";
import { readSchemaVersions } from "./schema-version.ts";

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "almagest-migrate-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function makeOld(t: TestContext, datasets: number): Promise<{ root: string; folder: string }> {
  const folder = await folderOf(t);
  const root = join(folder, "old");
  const database = registryOf(t);
  await createOldRepository(root, { datasets, ...(database === undefined ? {} : { database }) });
  return { root, folder };
}

async function migrate(root: string, revision?: string): Promise<string[]> {
  await using db = await openForMigration(root, { readOnly: false });
  const plan = planMigrations(await readSchemaVersions(db), revision);
  for (const step of plan) await runMigration(step, { db, options: {}, onProgress: () => {} });
  return plan.map(({ tree, from, to }) => `${tree} ${from} ${to}`);
}

/** Columns of every table of a repository's schema. */
async function columnsOf(root: string): Promise<Record<string, string[]>> {
  await using db = await openForMigration(root, { readOnly: true });
  const tables = await db.rows(
    db.dialect === "sqlite"
      ? sql`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'dataset_tags_%'`
      : sql`SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema() AND table_name NOT LIKE 'dataset_tags_%'`,
  );
  const found: Record<string, string[]> = {};
  for (const [name] of tables) found[name as string] = (await db.columnNames(name as string))!.sort();
  return found;
}

/** What a migrated repository of the test holds. */
async function checkContent(root: string, datasets: number): Promise<void> {
  await using butler = await openButler(root, { run: "run/b" });
  assert.equal(butler.universe.version, 8);
  const exposures = await butler.queryRecords("exposure", { orderBy: ["exposure"] });
  assert.deepEqual(
    exposures.map(({ group, day_obs, seq_start, has_simulated, can_see_sky }) => [
      group,
      day_obs,
      seq_start,
      has_simulated,
      can_see_sky,
    ]),
    [
      ["g0", 20240229, 41, false, true],
      ["g1", 20240229, 42, false, false],
      ["g2", 20240229, 43, false, null],
    ],
  );
  const [visit] = await butler.queryRecords("visit");
  assert.deepEqual([visit!.seq_num, visit!.day_obs], [41, 20240229]);
  const [day] = await butler.queryRecords("day_obs");
  assert.equal((day!.timespan as { begin: bigint }).begin, BigInt(Date.UTC(2024, 1, 29, 12)) * 1_000_000n);
  assert.equal((await butler.queryRecords("visit_system_membership")).length, 2);
  assert.equal((await butler.queryRecords("visit_definition")).length, 1);
  assert.equal((await butler.queryRecords("group")).length, 3);
  const at = { instrument: "LSSTCam", exposure: 1, detector: 0 };
  assert.deepEqual(await butler.get("notes", at, { collections: "run/a" }), { a: 1 });
  const name = "An instrument with a long name";
  await butler.insertRecords("instrument", [{ name }]);
  await butler.put({ b: 2 }, "notes", { ...at, exposure: 2 });
  await using db = await openForMigration(root, { readOnly: true });
  const [dates] = await db.rows(
    rawSql(
      "SELECT count(*), min(ingest_date), max(ingest_date) FROM dataset WHERE ingest_date < 1750000000000000000",
    ),
    { bigInts: true },
  );
  const last = 1_700_000_000_123_456_000n + BigInt(datasets - 2) * 1_000_001_000n;
  assert.deepEqual(dates, [BigInt(datasets - 1), 1_700_000_000_123_456_000n, last]);
}

testOnEach(
  "a repository of the oldest versions is brought to the newest, and is like a new one",
  async (t) => {
    const { root, folder } = await makeOld(t, 3);
    await assert.rejects(openButler(root), (error) => isAlmagestError(error, "BUTLER.REPOSITORY_VERSION"));
    const done = await migrate(root);
    assert.equal(done.length, 13);
    assert.deepEqual(await migrate(root), []);
    const fresh = join(folder, "new");
    const database = registryOf(t) === undefined ? {} : { database: await createTestDatabase() };
    await createRepository(fresh, database);
    assert.deepEqual(await columnsOf(root), await columnsOf(fresh));
    await checkContent(root, 3);
  },
);

testOnEach("one part of the schema is brought to one revision; an unknown one is refused", async (t) => {
  const { root } = await makeOld(t, 3);
  // Dimensions of version 3, as daf_butler_migrate numbers them.
  assert.deepEqual(await migrate(root, "c5ae3a2cd7c2"), [
    "dimensions-config 0 1",
    "dimensions-config 1 2",
    "dimensions-config 2 3",
  ]);
  assert.deepEqual(await migrate(root, "c5ae3a2cd7c2"), []);
  await assert.rejects(migrate(root, "000000000000"), (error) =>
    isAlmagestError(error, "BUTLER.MIGRATION_UNKNOWN"),
  );
});

testOnEach("what a repository lacks is told, and nothing is changed", async (t) => {
  const { root } = await makeOld(t, 3);
  await migrate(root, "2a8a32e1bec3");
  {
    await using db = await openForMigration(root, { readOnly: false });
    await db.run(rawSql("UPDATE exposure SET group_name = NULL WHERE id = 2"));
  }
  const before = await columnsOf(root);
  await assert.rejects(migrate(root, "1fae088c80b6"), (error) =>
    isAlmagestError(error, "BUTLER.MIGRATION_REFUSED"),
  );
  assert.deepEqual(await columnsOf(root), before);
  await using db = await openForMigration(root, { readOnly: false });
  await db.run(rawSql("UPDATE exposure SET group_name = 'g1' WHERE id = 2"));
  assert.deepEqual(await migrate(root, "1fae088c80b6"), ["dimensions-config 5 6"]);
});

testOnEach("a migration that is killed again and again goes on where it was", async (t) => {
  const datasets = 12_000;
  const { root } = await makeOld(t, datasets);
  const child = join(import.meta.dirname, "../testing/migrate-child.ts");
  let kills = 0;
  for (let line = 1; ; line++) {
    // Each life ends one line later than the one before.
    const process_ = spawn(process.execPath, [child, root], { stdio: ["ignore", "pipe", "inherit"] });
    let seen = "";
    process_.stdout.setEncoding("utf8").on("data", (text: string) => {
      seen += text;
      if (!seen.includes("end") && seen.split("\n").length > line) process_.kill("SIGKILL");
    });
    await new Promise((resolve) => process_.once("close", resolve));
    if (seen.endsWith("end\n")) break;
    kills++;
    assert.ok(kills < 20, seen);
  }
  assert.ok(kills >= 3, `${kills} kills`);
  await checkContent(root, datasets);
});
