import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { findCredentials } from "./database-credentials.ts";

const entries = [
  { url: "postgresql://writer@db.example.org/dp1", password: "w" },
  { url: "postgresql://*.example.org:5433/dp*", username: "port", password: "p" },
  { url: "postgresql://db.example.org/dp1", username: "reader", password: "r:@/ü" },
  { url: "postgresql://*", username: "anyone", password: 7 },
];

test("the first entry that matches gives user and password", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "almagest-credentials-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "db-auth.yaml");
  await writeFile(path, JSON.stringify(entries), { mode: 0o600 });
  const sources = [{ LSST_DB_AUTH: path }, { LSST_DB_AUTH_CREDENTIALS: JSON.stringify(entries) }];
  for (const environment of sources) {
    const find = (url: string) => findCredentials(url, environment);
    assert.deepEqual(await find("postgresql://db.example.org/dp1"), { user: "reader", password: "r:@/ü" });
    assert.deepEqual(await find("postgresql://writer@db.example.org/dp1"), { user: "writer", password: "w" });
    assert.deepEqual(await find("postgresql://x.example.org:5433/dp2"), { user: "port", password: "p" });
    assert.deepEqual(await find("postgresql://me@elsewhere/x"), { user: "me", password: "7" });
    assert.equal(await find("postgresql:///x"), undefined);
  }
});

test("a file that others may read, or that is no list, is refused without telling what is in it", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "almagest-credentials-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "db-auth.yaml");
  const refused = (environment: NodeJS.ProcessEnv) =>
    assert.rejects(findCredentials("postgresql://a/b", environment), (error) => {
      assert.ok(isAlmagestError(error, "BUTLER.CREDENTIALS_INVALID"), String(error));
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  await writeFile(path, JSON.stringify(entries), { mode: 0o644 });
  await refused({ LSST_DB_AUTH: path });
  await writeFile(path, "secret: text");
  await chmod(path, 0o600);
  await refused({ LSST_DB_AUTH: path });
  await refused({ LSST_DB_AUTH_CREDENTIALS: "[secret" });
  await refused({ LSST_DB_AUTH_CREDENTIALS: '[{"password": "secret"}]' });
  assert.equal(await findCredentials("postgresql://a/b", { LSST_DB_AUTH: join(folder, "none") }), undefined);
});
