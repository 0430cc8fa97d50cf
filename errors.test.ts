import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
// @ts-expect-error a plain script without types
import { renderErrors } from "./scripts/errors-doc.mjs";

const root = import.meta.dirname;

test("docs/errors.md is what the rooms' error tables give", async () => {
  const text: string = await renderErrors();
  assert.equal(readFileSync(join(root, "docs/errors.md"), "utf8"), text, "run `npm run docs:errors`");
});

test("every code that is thrown is documented", async () => {
  const documented: string = await renderErrors();
  const thrown = /new AlmagestError\(\s*"([A-Z0-9_.]+)"/g;
  const files = readdirSync(join(root, "packages"), { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.includes("node_modules"),
  );
  let count = 0;
  for (const file of files) {
    for (const [, code] of readFileSync(join(root, "packages", file), "utf8").matchAll(thrown)) {
      count++;
      assert.ok(documented.includes(`\`${code}\``), `${file} throws ${code}, which no errors.ts lists`);
    }
  }
  assert.ok(count > 0);
});
