import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { openPostgres, sql } from "@almagest/database";
import { missingForPostgres } from "@almagest/servers";
import { createRepository } from "./create-repository.ts";
import { openButler } from "./open-butler.ts";
import { fillSmallSurvey } from "./testing/small-survey.ts";
import { createTestDatabase } from "./testing/tested-registries.ts";

function temporaryFolder(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), "almagest-open-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

test("a server that is not there is refused with no password in the message", async (t) => {
  const root = temporaryFolder(t);
  writeFileSync(join(root, "butler.yaml"), "registry:\n  db: postgresql://user:secret@127.0.0.1:1/rubin\n");
  await assert.rejects(openButler(root), (error) => {
    assert.ok(isAlmagestError(error, "DATABASE.OPEN"), String(error));
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

test("several repositories share a server's database, each in its schema; one in use is not made anew", async (t) => {
  const missing = missingForPostgres();
  if (missing !== "") return t.skip(missing);
  const database = await createTestDatabase();
  for (const namespace of ["one", "The Other"]) {
    const root = temporaryFolder(t);
    await createRepository(root, { database, namespace });
    // What an interrupted attempt left in the database is taken over.
    rmSync(join(root, "butler.yaml"));
    await createRepository(root, { database, namespace });
    await using butler = await openButler(root, { run: "r" });
    await fillSmallSurvey(butler);
    assert.equal((await butler.queryRecords("visit")).length, 6);
    await using reader = await openButler(root, { readOnly: true });
    await assert.rejects(reader.registerRun("x"), (error) => isAlmagestError(error, "BUTLER.READ_ONLY"));
    await assert.rejects(createRepository(temporaryFolder(t), { database, namespace }), (error) =>
      isAlmagestError(error, "BUTLER.REPOSITORY_EXISTS"),
    );
  }
  await using db = await openPostgres(database);
  assert.deepEqual(await db.rows(sql`SELECT count(*) FROM one.visit`), [[6]]);
});
