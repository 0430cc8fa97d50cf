import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { openButler } from "./open-butler.ts";

test("a registry in an unsupported database is refused by name, with no password in the message", async () => {
  const root = mkdtempSync(join(tmpdir(), "almagest-open-"));
  try {
    writeFileSync(join(root, "butler.yaml"), "registry:\n  db: postgresql://user:secret@localhost/rubin\n");
    await assert.rejects(openButler(root), (error) => {
      assert.ok(isAlmagestError(error, "BUTLER.DATABASE_UNSUPPORTED"), String(error));
      assert.match(error.message, /postgresql/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
