import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

test("the compiled module in the tree is what its sources compile to", async () => {
  const script = join(import.meta.dirname, "../../scripts/build-wasm.mjs");
  const { stderr } = await promisify(execFile)(process.execPath, [script, "--check"]);
  assert.equal(stderr, "");
});
