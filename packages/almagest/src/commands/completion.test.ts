import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { test } from "node:test";
import { createSilentTerminal } from "../cli/silent-terminal.ts";
import type { Terminal } from "../cli/terminal.ts";
import { main } from "../main.ts";

async function complete(...words: string[]): Promise<string[]> {
  let text = "";
  const out = new Writable({
    write: (chunk, _encoding, done) => {
      text += chunk;
      done();
    },
  }) as unknown as Terminal["out"];
  assert.equal(await main(["complete", "--", ...words], { ...createSilentTerminal(), out }), 0);
  return text.split("\n").filter(Boolean);
}

test("words are completed: commands, subcommands, options, choices; paths are left to the shell", async () => {
  assert.deepEqual(await complete("but"), ["butler"]);
  assert.ok(!(await complete("comp")).includes("complete"), "what the scripts ask is not offered");
  assert.deepEqual(
    await complete("butler", "query-data"),
    ["query-data-ids", "query-datasets", "query-dataset-types"].sort(),
  );
  assert.deepEqual(await complete("butler", "query-datasets", "repo", "--find"), ["--find-first"]);
  assert.deepEqual(await complete("butler", "query-datasets", "repo", "--find-first", "--find"), []);
  assert.deepEqual(await complete("butler", "query-datasets", ""), []);
  assert.deepEqual(await complete("butler", "query-datasets", "r", "--where", "q"), []);
});

test("the script for bash completes in a real bash", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-completion-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const bin = join(import.meta.dirname, "../../bin/almagest.js");
  writeFileSync(join(folder, "almagest"), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`, {
    mode: 0o755,
  });
  const script = `eval "$(almagest completion bash)"
COMP_WORDS=(almagest butler query-dim); COMP_CWORD=2; _almagest; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, status, stderr } = spawnSync("bash", ["-c", script], {
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    encoding: "utf8",
  });
  assert.deepEqual([stdout, status], ["query-dimension-records\n", 0], stderr);
});
