import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";

const launcher = join(import.meta.dirname, "../bin/almagest.js");

test("a reader that closes the pipe ends the program quietly, as it ends others", async () => {
  const child = spawn(process.execPath, [launcher, "butler", "--help"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const [code] = await once(child, "close");
  assert.equal(code, 141);
  assert.equal(errors, "");
});
