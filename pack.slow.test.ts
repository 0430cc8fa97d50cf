import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const root = import.meta.dirname;

function run(command: string, args: readonly string[], cwd: string): string {
  const result = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 300_000 });
  assert.equal(result.status, 0, `${command} ${args.join(" ")}\n${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

test("the packed program installs into an empty folder and works there", () => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-pack-"));
  try {
    run(process.execPath, ["scripts/build.mjs"], root);
    run("npm", ["pack", join(root, "dist/packages/almagest"), "--pack-destination", folder], folder);
    const tarball = readdirSync(folder).find((file) => file.endsWith(".tgz"));
    assert.ok(tarball);
    run("npm", ["init", "-y"], folder);
    run("npm", ["install", `./${tarball}`, "--no-audit", "--no-fund"], folder);
    const almagest = join(folder, "node_modules/.bin/almagest");
    assert.match(run(almagest, ["--version"], folder), /^\d+\.\d+\.\d+/);
    run(almagest, ["butler", "create", "repo"], folder);
    assert.deepEqual(
      JSON.parse(run(almagest, ["butler", "query-collections", "repo", "--json"], folder)),
      [],
    );
    run(almagest, ["demo", "--output", "demo", "--size", "tiny"], folder);
    const coadds = JSON.parse(
      run(almagest, ["butler", "query-datasets", "demo/repo", "deep_coadd", "--json"], folder),
    );
    assert.ok(coadds.length > 0, "the demo made no coadds");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
