import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openButler } from "@almagest/butler";
import { openPostgres, sql } from "@almagest/database";
import { missingForPostgres, startPostgres } from "@almagest/servers";
import type { Terminal } from "../../cli/terminal.ts";
import { main } from "../../main.ts";

const folder = mkdtempSync(join(tmpdir(), "almagest-create-"));
after(() => rmSync(folder, { recursive: true, force: true }));

async function create(...words: string[]): Promise<{ code: number; err: string }> {
  let err = "";
  const sink = (keep: boolean) => ({ write: (text: string) => void (err += keep ? text : "") });
  const terminal = { out: sink(false), err: sink(true), color: false, redraw: false };
  return { code: await main(["butler", "create", ...words], terminal as unknown as Terminal), err };
}

test("create makes repositories in schemas of one PostgreSQL database", async (t) => {
  const missing = missingForPostgres();
  if (missing !== "") return t.skip(missing);
  const server = await startPostgres(["fsync=off"]);
  try {
    const db = await server.createDatabase("created");
    for (const namespace of ["survey_a", "survey_b"]) {
      const root = join(folder, namespace);
      const made = await create(root, "--db", db, "--namespace", namespace);
      assert.equal(made.code, 0, made.err);
      await using butler = await openButler(root, { run: namespace });
      await butler.insertRecords("instrument", [{ name: namespace }]);
    }
    // A second repository in a schema that is in use is refused.
    const again = await create(join(folder, "other"), "--db", db, "--namespace", "survey_a");
    assert.match(again.err, /BUTLER\.REPOSITORY_EXISTS/);
    await using a = await openButler(join(folder, "survey_a"));
    assert.deepEqual(
      (await a.queryCollections()).map(({ name }) => name),
      ["survey_a"],
    );
    await using database = await openPostgres(db);
    for (const schema of ["survey_a", "survey_b"]) {
      const rows = await database.rows(
        sql`SELECT count(*) FROM information_schema.tables WHERE table_schema = ${schema} AND table_name = 'butler_attributes'`,
      );
      assert.equal(Number(rows[0]![0]), 1);
    }
  } finally {
    await server.stop();
  }
});

test("create takes seeds, dimensions and a journal, and refuses what is none", async () => {
  const first = join(folder, "first");
  assert.equal((await create(first, "--journal", "rollback", "--standalone")).code, 0);
  assert.match((await create(first)).err, /BUTLER\.REPOSITORY_EXISTS/);
  await using butler = await openButler(first);
  const dimensions = join(folder, "dimensions.yaml");
  writeFileSync(dimensions, JSON.stringify({ ...butler.universe.config, namespace: "mine", version: 3 }));
  const seed = join(folder, "seed.yaml");
  writeFileSync(
    seed,
    "datastore:\n  checksum: false\n  templates:\n    default: '{run}/{datasetType}/{id}'\n",
  );
  const second = join(folder, "second");
  const made = await create(second, "--dimension-config", dimensions, "--seed-config", seed);
  assert.equal(made.code, 0, made.err);
  await using other = await openButler(second, { run: "r" });
  assert.deepEqual([other.universe.namespace, other.universe.version], ["mine", 3]);
  const storageClass = "StructuredDataDict";
  await other.registerDatasetType({ name: "notes", dimensions: [], storageClass, isCalibration: false });
  const ref = await other.put({ a: 1 }, "notes", {});
  assert.match(await other.getUri(ref), new RegExp(`/r/notes/${ref.id}\\.yaml$`));
  assert.equal((await other.storedFiles([ref]))[0]![0]!.checksum, undefined);
  assert.match(readFileSync(join(second, "butler.yaml"), "utf8"), /checksum: false/);

  const third = join(folder, "third");
  writeFileSync(seed, "datastore: [");
  assert.equal((await create(third, "--seed-config", seed)).code, 2);
  assert.equal((await create(third, "--seed-config", join(folder, "absent.yaml"))).code, 2);
  assert.equal((await create(third, "--journal", "none")).code, 2);
  assert.match((await create(third, "--db", "mysql://host/db")).err, /BUTLER\.REPOSITORY_INVALID/);
  await assert.rejects(openButler(third));
});
