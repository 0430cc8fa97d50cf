import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

/** Runs a script of some shell with `almagest` on its path; undefined where the shell is not here. */
function runShell(
  t: TestContext,
  shell: string,
  args: readonly string[],
  script: string,
): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "almagest-completion-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const bin = join(import.meta.dirname, "../../bin/almagest.js");
  writeFileSync(join(folder, "almagest"), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`, {
    mode: 0o755,
  });
  const path = join(folder, "script");
  writeFileSync(path, script);
  const { stdout, stderr, status, error } = spawnSync(shell, [...args, path], {
    env: { ...process.env, HOME: folder, TERM: "dumb", PATH: `${folder}:${process.env.PATH}` },
    encoding: "utf8",
    timeout: 120_000,
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return undefined;
  assert.equal(status, 0, stderr);
  return stdout;
}

test("the script for zsh completes in an interactive zsh at the press of the tabulator", (t) => {
  const out = runShell(
    t,
    "zsh",
    ["-f"],
    `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'autoload -Uz compinit && compinit -u -D; eval "$(almagest completion zsh)"; print LOADED$((1+1))'
zpty -r -m shell seen '*LOADED2*'
zpty -w -n shell $'almagest butler query-dim\\t'
zpty -r -m shell seen '*query-dimension-records*' && print completed
zpty -d shell
`,
  );
  if (out === undefined) return t.skip("needs zsh (Debian package zsh)");
  assert.equal(out, "completed\n");
});

test("the script for fish completes in a real fish", (t) => {
  const out = runShell(
    t,
    "fish",
    ["--no-config"],
    `almagest completion fish | source
complete -C "almagest butler query-dim"
`,
  );
  if (out === undefined) return t.skip("needs fish (Debian package fish)");
  assert.equal(out, "query-dimension-records\n");
});
